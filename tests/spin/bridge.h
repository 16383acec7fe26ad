/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPIN_BRIDGE_H
#define SPIN_BRIDGE_H
/*
 * Between Spin's verifier and the policies: which configurations there are, what is true in one,
 * what the policy answers. Nothing of the other judge's machine or search is used.
 */

/* What is true in a configuration. */
enum truth {
	T_FWB,
	T_IDC,
	T_DIC,
	T_OWNER_WB,  /* the owner's own mapping is write-back */
	T_OWNER_NC,  /* ... or past the cache */
	T_LINEAR,    /* the linear map shows the page */
	T_REACH,     /* the engine has a mapping to clean and zero through */
	T_ICACHE_VA, /* ... and invalidates instruction caches through it, too */
	T_MTE,
	T_TAGS, /* there is storage for tags */
	T_LOGGING,
	T_TAKE_BACK, /* a reset takes memory back */
	T_SCRUB_TAGS,
	T_TRUTHS
};

enum outcome {
	O_GRANT,
	O_REFUSE,
	O_NOTHING, /* the guest gets an abort, or the embedder an exit */
};

/* The configurations that the policy accepts; those in which it answers alike are one. */
int bridge_configurations(void);
int bridge_truth(int configuration, enum truth truth);

/* Ask; what follows is about the last answer. @tags_unowned: the frame's tags are another's. */
enum outcome bridge_ask(int configuration, int missing, int access, int tags_unowned);
/* Does an access through the entry go to the cache? @wb: the guest's own type is write-back. */
int bridge_cached(int configuration, int type, int wb);
int bridge_type(void);
int bridge_write(void);
int bridge_exec(void);
int bridge_no_tag(void);
int bridge_clean_after(void);
int bridge_icache_after(void);
/* The i-th action before the entry is visible; 0: no more. */
int bridge_before(int i);
int bridge_tags_after(void);

/* As the model asks, in the verifier that Spin makes: `now` is its state. */
#define IS_FWB bridge_truth(now.cfg, T_FWB)
#define IS_IDC bridge_truth(now.cfg, T_IDC)
#define IS_DIC bridge_truth(now.cfg, T_DIC)
#define IS_OWNER_WB bridge_truth(now.cfg, T_OWNER_WB)
#define IS_OWNER_NC bridge_truth(now.cfg, T_OWNER_NC)
#define IS_LINEAR bridge_truth(now.cfg, T_LINEAR)
#define IS_REACH bridge_truth(now.cfg, T_REACH)
#define IS_ICACHE_VA bridge_truth(now.cfg, T_ICACHE_VA)
#define IS_MTE bridge_truth(now.cfg, T_MTE)
#define IS_TAGS bridge_truth(now.cfg, T_TAGS)
#define IS_LOGGING bridge_truth(now.cfg, T_LOGGING)
#define IS_TAKE_BACK bridge_truth(now.cfg, T_TAKE_BACK)
#define IS_SCRUB_TAGS bridge_truth(now.cfg, T_SCRUB_TAGS)
#define CACHED_WB bridge_cached(now.cfg, now.type, 1)
#define CACHED_NC bridge_cached(now.cfg, now.type, 0)

/* A property was found broken. */
void bridge_broken(int configuration, const char *property);

#endif
