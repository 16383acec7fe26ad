/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MEZZO_MEZZO_H
#define MEZZO_MEZZO_H
/* Everything: an embedder includes this one header. */
#include <mezzo/admit.h>
#include <mezzo/arch.h>
#include <mezzo/decide.h>
#include <mezzo/dirty.h>
#include <mezzo/dma.h>
#include <mezzo/extents.h>
#include <mezzo/memtype.h>
#include <mezzo/object.h>
#include <mezzo/platform.h>
#include <mezzo/private.h>
#include <mezzo/range.h>
#include <mezzo/space.h>
#include <mezzo/status.h>
#include <mezzo/types.h>

#define MEZZO_VERSION "0.1.0"

#endif
