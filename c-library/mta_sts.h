#ifndef MTA_STS_H
#define MTA_STS_H

/*
 * MTA-STS (RFC 8461) for C and for languages that call C: check a policy, parse the words of a directive,
 * answer requests for the policy, match a host with a policy and with a certificate. Nothing here opens a
 * file or a connection.
 *
 * Rules for every function:
 *
 * - Input text is bytes with a length. The bytes may be any, including NUL and invalid UTF-8; they are read
 *   only during the call and need not end in NUL.
 * - mta_sts_policy_parse, mta_sts_directive_parse and mta_sts_publish return an object that the caller owns
 *   and frees with the function named there. If they reject their input they return NULL and fill `error`,
 *   which belongs to the caller and holds no memory to free; `error` may be NULL. If they succeed, they
 *   leave `error` as it was.
 * - Returned text belongs to the object that it was asked of and is valid until that is freed. It ends in a
 *   NUL that its length does not count. Text that does not exist is "", of length 0.
 * - A pointer must not be NULL, except `error`, the argument of a free function, and an array of no elements.
 * - There is no state but the objects, and an object never changes until it is freed: any thread may call
 *   any function, even with an object that others are using, if nobody frees it at the same time.
 * - No C++ exception leaves a function. If memory runs out, the three functions above return NULL with the
 *   error word "internal-error"; the others need no memory.
 */

#include <mta_sts/version.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define MTA_STS_API __attribute__((visibility("default")))
#else
#define MTA_STS_API
#endif

#ifdef __cplusplus
#define MTA_STS_NOEXCEPT noexcept
extern "C" {
#else
#define MTA_STS_NOEXCEPT
#endif

/* Bytes with their length. `data` may be NULL where `size` is 0. */
typedef struct mta_sts_text {
  const char* data;
  size_t size;
} mta_sts_text;

/* Returns a string that ends in NUL as a text; a view, nothing is copied. */
static inline mta_sts_text mta_sts_string(const char* string) {
  mta_sts_text text;
  text.data = string;
  text.size = strlen(string);
  return text;
}

/*
 * Why input was rejected. The strings end in NUL and are safe to show: control characters and invalid UTF-8
 * are escaped.
 */
typedef struct mta_sts_error {
  const char* code;  /* the error word, as in docs/errors.md; static, never NULL */
  size_t line;       /* in a policy: the place of the fault, from 1; 0 if the input is no policy */
  size_t column;     /* the same, in bytes */
  char word[1280];   /* in a directive: the word at fault, at most 300 bytes of it; "" if it is no one word */
  char detail[2048]; /* what is wrong, or what is allowed */
} mta_sts_error;

/* ---- Policies (RFC 8461 section 3.2) ---- */

/* The policy modes of RFC 8461 section 5. */
typedef enum mta_sts_mode { MTA_STS_ENFORCE = 0, MTA_STS_TESTING = 1, MTA_STS_NONE = 2 } mta_sts_mode;

/*
 * Who reads a policy: a sender is as lenient as RFC 8461 asks, a publisher rejects what some senders would
 * reject.
 */
typedef enum mta_sts_reading { MTA_STS_AS_SENDER = 0, MTA_STS_AS_PUBLISHER = 1 } mta_sts_reading;

/* A policy that was parsed. */
typedef struct mta_sts_policy mta_sts_policy;

/*
 * Parses a policy body of at most 65536 bytes (else "too-large"). Stops at the first fault, and `error` has
 * its error word, line and column. For a sender a rejected body is no policy; it keeps one that is in its
 * cache and not expired. The caller frees the policy with mta_sts_policy_free.
 */
MTA_STS_API mta_sts_policy* mta_sts_policy_parse(mta_sts_text body, mta_sts_reading reading,
                                                 mta_sts_error* error) MTA_STS_NOEXCEPT;

/* Frees a policy of mta_sts_policy_parse. NULL does nothing. */
MTA_STS_API void mta_sts_policy_free(mta_sts_policy* policy) MTA_STS_NOEXCEPT;

MTA_STS_API mta_sts_mode mta_sts_policy_mode(const mta_sts_policy* policy) MTA_STS_NOEXCEPT;

/* Returns for how many seconds a sender keeps the policy: max_age, at most 31557600 (one year). */
MTA_STS_API uint64_t mta_sts_policy_max_age(const mta_sts_policy* policy) MTA_STS_NOEXCEPT;

/* The mx patterns in the policy's order, in lower case. An index that is not below the count returns "". */
MTA_STS_API size_t mta_sts_policy_mx_count(const mta_sts_policy* policy) MTA_STS_NOEXCEPT;
MTA_STS_API mta_sts_text mta_sts_policy_mx(const mta_sts_policy* policy, size_t index) MTA_STS_NOEXCEPT;

/*
 * Tells whether a pattern of the policy names an MX host (RFC 8461 section 4.1), given in A-labels; a root
 * dot is ignored. Whether other hosts may get mail depends on the policy's mode.
 */
MTA_STS_API bool mta_sts_policy_names_host(const mta_sts_policy* policy, mta_sts_text host) MTA_STS_NOEXCEPT;

/* ---- Certificates (RFC 8461 section 4.2, RFC 9525 section 6.3) ---- */

/*
 * Tells whether a certificate with these dNSName entries of its subjectAltName is valid for `host`. Chain and
 * dates are for the TLS library to check. An entry holds its bytes as they stand in the certificate, so that
 * a NUL inside is seen; a common name is no entry. A host of over 254 bytes, which no name of DNS has,
 * matches nothing.
 */
MTA_STS_API bool mta_sts_certificate_matches(const mta_sts_text* dns_names, size_t count,
                                             mta_sts_text host) MTA_STS_NOEXCEPT;

/* ---- Directives: the words that nginx, Apache and `mta-sts render` take ---- */

/* The greatest number of bytes of a directive's words together, and of its words; more is "too-large". */
#define MTA_STS_DIRECTIVE_BYTES 1048576
#define MTA_STS_DIRECTIVE_WORDS 65536

/*
 * What a directive says: a policy in its words, the file that holds one, that there is none, or the store
 * that holds those of many domains (`mta-sts store`), which this library does not open.
 */
typedef enum mta_sts_kind {
  MTA_STS_WORDS = 0,
  MTA_STS_FILE = 1,
  MTA_STS_OFF = 2,
  MTA_STS_STORE = 3
} mta_sts_kind;

typedef struct mta_sts_directive mta_sts_directive;

/*
 * Parses the words of a directive: `enforce|testing|none mx=PATTERN... [max_age=SECONDS|Nd|Nw] [serial=N]`,
 * `file=PATH [serial=N]`, `store=PATH` or `off`. U-labels of an mx become A-labels, equal mx are merged.
 * `error` has the word at fault, and what is allowed there. The caller frees the directive with
 * mta_sts_directive_free.
 */
MTA_STS_API mta_sts_directive* mta_sts_directive_parse(const mta_sts_text* words, size_t count,
                                                       mta_sts_error* error) MTA_STS_NOEXCEPT;

/* Frees a directive, and with it its policy. NULL does nothing. */
MTA_STS_API void mta_sts_directive_free(mta_sts_directive* directive) MTA_STS_NOEXCEPT;

MTA_STS_API mta_sts_kind mta_sts_directive_kind(const mta_sts_directive* directive) MTA_STS_NOEXCEPT;

/* Returns the policy of MTA_STS_WORDS, which belongs to the directive: do not free it. Otherwise NULL. */
MTA_STS_API const mta_sts_policy* mta_sts_directive_policy(const mta_sts_directive* directive)
    MTA_STS_NOEXCEPT;

/*
 * Returns the path of file=PATH or store=PATH as written, else "". The caller reads the file of the former,
 * at most 65537 bytes of it, and gives them to mta_sts_policy_parse with MTA_STS_AS_PUBLISHER.
 */
MTA_STS_API mta_sts_text mta_sts_directive_path(const mta_sts_directive* directive) MTA_STS_NOEXCEPT;

/* Returns the N of serial=N, else 0. */
MTA_STS_API uint32_t mta_sts_directive_serial(const mta_sts_directive* directive) MTA_STS_NOEXCEPT;

/* ---- Publishing (RFC 8461 sections 3.1 and 3.3) ---- */

/* The one path of a policy. */
#define MTA_STS_POLICY_PATH "/.well-known/mta-sts.txt"

/* A policy as a web server holds it: made once, at configuration. */
typedef struct mta_sts_published mta_sts_published;

/*
 * Renders a policy and gives it its id. Another `serial` gives the same policy another id. What a publisher
 * must not serve is rejected with the error words of mta_sts_policy_parse; line and column are those of the
 * rendered policy. The result is independent of `policy`; the caller frees it with mta_sts_published_free.
 */
MTA_STS_API mta_sts_published* mta_sts_publish(const mta_sts_policy* policy, uint32_t serial,
                                               mta_sts_error* error) MTA_STS_NOEXCEPT;

/* Frees what was published; the texts of its answers are invalid then. NULL does nothing. */
MTA_STS_API void mta_sts_published_free(mta_sts_published* published) MTA_STS_NOEXCEPT;

/* Returns the policy's bytes, CRLF after every line. */
MTA_STS_API mta_sts_text mta_sts_published_body(const mta_sts_published* published) MTA_STS_NOEXCEPT;

/* Returns the id for the TXT record `v=STSv1; id=ID;`: 20 hex digits, a hash of what the policy means. */
MTA_STS_API mta_sts_text mta_sts_published_id(const mta_sts_published* published) MTA_STS_NOEXCEPT;

/*
 * Returns a warning about what is allowed but unwise in the policy: one sentence for the log that begins with
 * an error word and a colon. There are few; the first index that returns "" is past the last.
 */
MTA_STS_API mta_sts_text mta_sts_published_warning(const mta_sts_published* published,
                                                   size_t index) MTA_STS_NOEXCEPT;

/* An answer over HTTPS; header values without their names. A header with an empty value is not sent. */
typedef struct mta_sts_answer {
  int status;                /* 200 or 405 */
  bool send_body;            /* false for HEAD */
  mta_sts_text content_type; /* Content-Type */
  mta_sts_text etag;         /* ETag, in its quotes; the caller answers a matching If-None-Match with 304 */
  mta_sts_text allow;        /* Allow */
  mta_sts_text body;         /* its size is the Content-Length, for HEAD too */
} mta_sts_answer;

/*
 * Answers a request: `method` in its own bytes, `path` after the server's own normalisation and without
 * query. If the path is the policy's, fills `answer` and returns true; else returns false, and the server
 * handles the request as before. The texts of the answer are valid as long as `published`. Send the body
 * without compression and without ranges, and `Cache-Control: no-cache`, so that no cache in front serves the
 * former policy beyond a change.
 */
MTA_STS_API bool mta_sts_answer_request(const mta_sts_published* published, mta_sts_text method,
                                        mta_sts_text path, mta_sts_answer* answer) MTA_STS_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
