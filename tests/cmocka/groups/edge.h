#ifndef MTA_STS_TESTS_CMOCKA_EDGE_H
#define MTA_STS_TESTS_CMOCKA_EDGE_H

/* What a C host sees of the core: words in, words out, in plain C. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct edge_directive {
  char error[64];  /* the kebab-case word, empty where the words are right */
  char word[128];  /* the word at fault */
  char body[2048]; /* the policy that they make */
  char id[32];
  char path[128]; /* of file=PATH */
};

/* Reads directive words; 1 where they are right. */
int edge_parse_directive(const char* const* words, size_t count, struct edge_directive* out);

struct edge_answer {
  int status;
  int send_body;
  char content_type[64];
  char etag[64];
  char allow[64];
  char body[2048];
};

/* Answers a request for the policy that `words` of a directive make; 0 where the path is none of ours. */
int edge_answer_request(const char* method, const char* path, struct edge_answer* out);

/* The functions of the Exim plugin, as Exim declares them. */
int mta_sts_verdict(unsigned char** yield, int argc, unsigned char** argv);
int mta_sts_cert(unsigned char** yield, int argc, unsigned char** argv);

#ifdef __cplusplus
}
#endif

#endif
