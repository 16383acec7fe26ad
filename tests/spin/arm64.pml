/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 core once more, for a judge that nobody here wrote: one page of one line, guests A and
 * B one after the other, the host, the caches. Written after the manuals' rules and
 * docs/policy.md, not after check/machines/; what the two do not share cannot be wrong in both in
 * the same way. Set/way operations, devices and code that a guest writes itself are left out.
 *
 * The policy's own object code answers (bridge.c). A broken property is noted outside the state,
 * and the search goes on.
 */
c_decl {
\#include "bridge.h"
}

/* values by provenance */
#define ZERO	0
#define SECRET	1	/* guest A's, or of a former use */
#define MINE	2	/* guest B's last write */
#define OLD	3	/* overtaken */
#define HOST	4	/* the host's last write */
#define IMAGE	5	/* of a reset */

#define ABSENT	0
#define CLEAN	1
#define DIRTY	2

#define A_HAS	0
#define FREE	1
#define READY	2
#define B_HAS	3
#define DEAD	4

/* enum outcome */
#define GRANTED	0
#define REFUSED	1

/* struct mezzo_decision's actions */
#define CLEAN_INVALIDATE	1
#define ZERO_DATA		2
#define ZERO_UNCACHED		3
#define ZERO_TAGS		4
#define ICACHE			5
#define LOG			6

short cfg;
byte phase, mem, line, lval, ic, icval, tag;
byte valid, wr, ex, type, notag, cleanafter, icafter;
byte tagsunowned;
/* what B may expect */
byte latest, oku, okw, okf, mayline, maydirty, tagset;
byte logged, wasreset, zapped;
hidden byte v, w, act, asked, answered;

/* bridge.h: Spin takes a call in an expression for a side effect */
#define TRUTH(t)	c_expr { IS_##t }
#define CACHED(wb)	c_expr { CACHED_##wb }
#define BROKEN(p)	c_code { bridge_broken(now.cfg, p); }

inline fill()
{
	if
	:: line == ABSENT -> line = CLEAN; lval = mem
	:: else
	fi
}

inline drop_line()
{
	line = ABSENT;
	lval = 0
}

inline flush()
{
	if
	:: line == DIRTY -> mem = lval
	:: else
	fi;
	drop_line()
}

inline dirty(value)
{
	line = DIRTY;
	lval = value
}

inline drop_icache()
{
	ic = 0;
	icval = 0
}

inline overtake(value)
{
	if
	:: mem == value -> mem = OLD
	:: else
	fi;
	if
	:: line != ABSENT && lval == value -> lval = OLD
	:: else
	fi;
	if
	:: ic && icval == value -> icval = OLD
	:: else
	fi
}

/* Somebody wrote @value; with @wb through the cache. */
inline expect(value, wb)
{
	latest = value;
	okf = 0;
	if
	:: wb -> okw = 1; oku = 0; mayline = 1; maydirty = 1
	:: else ->
		okw = (!mayline && !TRUTH(OWNER_WB));
		oku = !maydirty
	fi
}

inline crash()
{
	BROKEN("S4");
	phase = DEAD; mem = 0; line = 0; lval = 0; ic = 0; icval = 0; tag = 0; valid = 0;
	wr = 0; ex = 0; type = 0; notag = 0; cleanafter = 0; icafter = 0; latest = 0;
	oku = 0; okw = 0; okf = 0; mayline = 0; maydirty = 0; tagset = 0; logged = 0;
	wasreset = 0; zapped = 0; tagsunowned = 0
}

/* One action before an entry is visible, or after it is gone. */
inline do_action()
{
	if
	:: act == LOG -> logged = 1
	:: act == ICACHE && !(TRUTH(ICACHE_VA) && !TRUTH(REACH)) -> drop_icache()
	:: act == ICACHE && TRUTH(ICACHE_VA) && !TRUTH(REACH) -> crash()
	:: act != LOG && act != ICACHE && !TRUTH(REACH) -> crash()
	:: else ->
		if
		:: act == CLEAN_INVALIDATE -> flush()
		:: act == ZERO_DATA -> dirty(ZERO)
		:: act == ZERO_UNCACHED -> mem = ZERO
		:: else -> tag = 0; fill()
		fi
	fi
}

inline fault(kind)
{
	asked = kind;
	c_code { answered = bridge_ask(now.cfg, !now.valid, asked, now.tagsunowned); };
	if
	:: answered == REFUSED -> BROKEN("L1")
	:: answered == GRANTED ->
		w = 0;
		c_code { act = bridge_before(w); };
		do
		:: phase != DEAD && act != 0 ->
			do_action();
			w++;
			c_code { act = bridge_before(w); }
		:: else -> break
		od;
		if
		:: phase == DEAD
		:: else ->
			if
			:: valid
			:: else ->
				valid = 1; wr = 0; ex = 0; icafter = 0;
				c_code {
					now.type = bridge_type();
					now.notag = bridge_no_tag();
					now.cleanafter = bridge_clean_after();
					now.tagsunowned = bridge_tags_after();
				}
			fi;
			c_code {
				now.wr |= bridge_write();
				now.ex |= bridge_exec();
				now.icafter |= bridge_icache_after();
			}
		fi
	:: else
	fi
}

inline take_back()
{
	if
	:: cleanafter -> act = CLEAN_INVALIDATE; do_action()
	:: else
	fi;
	if
	:: phase != DEAD && icafter -> act = ICACHE; do_action()
	:: else
	fi;
	valid = 0; wr = 0; ex = 0; type = 0; notag = 0; cleanafter = 0; icafter = 0
}

/* The owner writes @value, through what it has. */
inline owner_writes(value)
{
	if
	:: TRUTH(OWNER_WB) -> dirty(value)
	:: else -> mem = value
	fi
}

/* @v was read by B; @ok: it may expect the latest. */
inline judge(ok)
{
	if
	:: v == SECRET -> BROKEN("S1")
	:: else
	fi;
	if
	:: ok && v != latest && latest == MINE && !zapped -> BROKEN("S7")
	:: ok && v != latest && latest == MINE && zapped -> BROKEN("S7z")
	:: ok && v != latest && latest == HOST -> BROKEN("S8")
	:: ok && v != latest && latest == IMAGE -> BROKEN("S11")
	:: else
	fi
}

inline judge_fetch(ok)
{
	if
	:: v == SECRET -> BROKEN("S2")
	:: else
	fi;
	if
	:: okf && ok && v != latest -> BROKEN("S11")
	:: else
	fi
}

/* A fetch that misses the instruction cache; @w: it goes through the data cache. */
inline fetch(ok)
{
	if
	:: w && TRUTH(IDC) && line != ABSENT -> v = lval
	:: else -> v = mem
	fi;
	if
	:: phase == B_HAS -> judge_fetch(ok)
	:: else
	fi;
	if
	:: TRUTH(DIC)
	:: else -> ic = 1; icval = v; okf = (okf && ok)
	fi;
	v = 0; w = 0
}

init {
	/* any configuration */
	atomic {
		c_code { now.cfg = bridge_configurations() - 1; };
		do
		:: cfg > 0 -> cfg--
		:: break
		od;
		mem = SECRET;
		c_code {
			now.ic = !bridge_truth(now.cfg, T_DIC);
			now.icval = now.ic;
			now.tag = bridge_truth(now.cfg, T_MTE);
			now.tagsunowned = bridge_truth(now.cfg, T_MTE) &&
					  !bridge_truth(now.cfg, T_SCRUB_TAGS);
		}
	};
	do
	/* ---- caches ---------------------------------------------------------------- */
	:: d_step { phase != DEAD && line == ABSENT && (TRUTH(OWNER_WB) || TRUTH(LINEAR)) ->
		fill() }
	:: d_step { line == CLEAN -> drop_line() }
	:: d_step { line == DIRTY -> mem = lval; line = CLEAN }

	/* ---- guest A --------------------------------------------------------------- */
	:: d_step { phase == A_HAS && !valid && (TRUTH(OWNER_WB) || TRUTH(LINEAR)) ->
		dirty(SECRET) }
	:: d_step { phase == A_HAS && valid && CACHED(WB) -> fill() }
	:: d_step { phase == A_HAS && valid && CACHED(NC) -> fill() }
	:: d_step { phase == A_HAS && valid && wr && CACHED(WB) -> dirty(SECRET) }
	:: d_step { phase == A_HAS && valid && wr && !CACHED(NC) -> mem = SECRET }
	:: d_step { phase == A_HAS && valid && wr && CACHED(WB) && TRUTH(MTE) && TRUTH(TAGS) &&
		    !notag -> tag = 1 }
	:: d_step { phase == A_HAS -> take_back();
		if
		:: phase == DEAD
		:: else -> phase = FREE; tagsunowned = TRUTH(MTE)
		fi }
	/* ---- the owner ------------------------------------------------------------- */
	:: d_step { phase == FREE -> phase = READY; owner_writes(ZERO);
		if
		:: TRUTH(SCRUB_TAGS) -> tag = 0; tagsunowned = 0
		:: else
		fi }
	:: d_step { phase == READY -> phase = B_HAS; latest = ZERO; oku = 1; okw = 1 }

	/* ---- either guest ---------------------------------------------------------- */
	:: d_step { (phase == A_HAS || phase == B_HAS) && !valid -> fault(0) }
	:: d_step { (phase == A_HAS || phase == B_HAS) && !(valid && wr) -> fault(1) }
	:: d_step { (phase == A_HAS || phase == B_HAS) && !(valid && ex) -> fault(2) }
	:: d_step { (phase == A_HAS || phase == B_HAS) && valid && ex -> w = CACHED(WB); fetch(okw) }
	:: d_step { (phase == A_HAS || phase == B_HAS) && valid && ex -> w = CACHED(NC); fetch(oku) }
	:: d_step { phase == B_HAS && valid && ex && ic && !TRUTH(DIC) ->
		v = icval; judge_fetch(okw); judge_fetch(oku); v = 0 }
	:: d_step { (phase == A_HAS || phase == B_HAS) && valid && CACHED(WB) && TRUTH(MTE) &&
		    !TRUTH(TAGS) && !notag -> BROKEN("S5") }

	/* ---- guest B --------------------------------------------------------------- */
	:: d_step { phase == B_HAS && valid ->
		if
		:: CACHED(WB) -> fill(); v = lval
		:: else -> v = mem
		fi;
		if
		:: CACHED(WB) -> mayline = 1
		:: else
		fi;
		judge(okw && latest != ZERO); v = 0 }
	:: d_step { phase == B_HAS && valid ->
		if
		:: CACHED(NC) -> fill(); v = lval
		:: else -> v = mem
		fi;
		judge(oku && latest != ZERO); v = 0 }
	:: d_step { phase == B_HAS && valid && wr ->
		if
		:: TRUTH(LOGGING) && !logged -> BROKEN("S10")
		:: else
		fi;
		overtake(MINE); expect(MINE, 1);
		if
		:: CACHED(WB) -> dirty(MINE)
		:: else -> mem = MINE
		fi }
	:: d_step { phase == B_HAS && valid && wr ->
		if
		:: TRUTH(LOGGING) && !logged -> BROKEN("S10")
		:: else
		fi;
		overtake(MINE); expect(MINE, 0);
		if
		:: CACHED(NC) -> dirty(MINE)
		:: else -> mem = MINE
		fi }
	:: d_step { phase == B_HAS && valid -> flush(); oku = (oku || okw); okw = oku; mayline = 0;
		maydirty = 0 }
	:: d_step { phase == B_HAS && valid && CACHED(WB) && TRUTH(MTE) && TRUTH(TAGS) &&
		    !notag ->
		if
		:: tag == 1 -> BROKEN("S3")
		:: tagset && tag != 2 -> BROKEN("S3z")
		:: else
		fi }
	:: d_step { phase == B_HAS && valid && wr && CACHED(WB) && TRUTH(MTE) && TRUTH(TAGS) &&
		    !notag -> tag = 2; tagset = 1 }

	/* ---- the host, while B has the page ----------------------------------------- */
	:: d_step { phase == B_HAS && (TRUTH(OWNER_WB) || TRUTH(OWNER_NC)) ->
		if
		:: TRUTH(OWNER_WB) -> fill(); v = lval
		:: else -> v = mem
		fi;
		if
		:: latest != ZERO && v != latest && (TRUTH(OWNER_WB) -> okw : oku) ->
			BROKEN("S8")
		:: latest != ZERO && v != latest && (okw || oku) && zapped && !valid ->
			BROKEN("S8x")
		:: else
		fi;
		v = 0 }
	:: d_step { phase == B_HAS && zapped && !valid ->
		if
		:: TRUTH(OWNER_WB) -> fill(); v = lval
		:: else -> v = mem
		fi;
		if
		:: latest != ZERO && v != latest && (okw || oku) -> BROKEN("S8x")
		:: else
		fi;
		v = 0 }
	:: d_step { phase == B_HAS && (TRUTH(OWNER_WB) || TRUTH(OWNER_NC)) ->
		overtake(HOST); owner_writes(HOST); w = TRUTH(OWNER_WB); expect(HOST, w); w = 0 }
	:: d_step { phase == B_HAS && TRUTH(LOGGING) && (logged || wr) -> logged = 0; wr = 0 }
	:: d_step { phase == B_HAS && valid && !zapped -> take_back();
		if
		:: phase == DEAD
		:: else -> zapped = 1
		fi }
	/* a reset: Mezzo takes back before it writes, KVM after */
	:: d_step { phase == B_HAS && !wasreset ->
		overtake(IMAGE);
		if
		:: !TRUTH(ICACHE_VA) && TRUTH(TAKE_BACK) -> take_back()
		:: else
		fi;
		if
		:: phase == DEAD
		:: else ->
			owner_writes(IMAGE);
			if
			:: TRUTH(ICACHE_VA) && TRUTH(TAKE_BACK) -> take_back()
			:: else
			fi
		fi;
		if
		:: phase == DEAD
		:: else ->
			if
			:: (TRUTH(ICACHE_VA) && TRUTH(FWB)) ||
			   (!TRUTH(ICACHE_VA) && !TRUTH(DIC)) -> drop_icache()
			:: else
			fi;
			latest = IMAGE; oku = 1; okw = 1; okf = 1; mayline = 0; maydirty = 0;
			wasreset = 1; zapped = 0
		fi }
	od
}
