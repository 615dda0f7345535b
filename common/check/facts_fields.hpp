#pragma once

#include "check/facts.hpp"

/// The members of every fact by their JSON names, once, for writing and for reading. A retired one stands in
/// earlier recordings alone: it is passed over.
namespace mta_sts::check {

template <typename Visitor>
void visit_fields(Visitor& v, TxtAnswer& f) {
  v("status", f.status);
  v("records", f.records);
}

template <typename Visitor>
void visit_fields(Visitor& v, TxtFact& f) {
  v("name", f.name);
  v("answer", f.answer);
  v("ttl", f.ttl_seconds);
  v("cnames", f.cname_chain);
  v("authenticated", f.authenticated);
}

template <typename Visitor>
void visit_fields(Visitor& v, AuthorityFact& f) {
  v("server", f.server);
  v("address", f.address);
  v("answer", f.answer);
  v("ttl", f.ttl_seconds);
  v("serial", f.serial);
}

template <typename Visitor>
void visit_fields(Visitor& v, HostFact& f) {
  v("name", f.name);
  v("a_status", f.a_status);
  v("aaaa_status", f.aaaa_status);
  v("addresses", f.addresses);
  v("cnames", f.cname_chain);
  v("not_public", f.not_public);
  v("authenticated", f.authenticated);
}

template <typename Visitor>
void visit_fields(Visitor& v, MxHostFact& f) {
  v("preference", f.preference);
  v("name", f.name);
}

template <typename Visitor>
void visit_fields(Visitor& v, TlsaFact& f) {
  v("mx", f.mx);
  v("status", f.status);
  v("authenticated", f.authenticated);
  v("records", f.records);
}

template <typename Visitor>
void visit_fields(Visitor& v, DnsFacts& f) {
  v("sts", f.sts);
  v("sts_without_dnssec", f.sts_without_dnssec);
  v("sibling", f.sibling);
  v("authorities", f.authorities);
  v("misplaced", f.misplaced);
  v("subdomains", f.subdomains);
  v("mx_status", f.mx_status);
  v("mx_authenticated", f.mx_authenticated);
  v("mx", f.mx);
  v("wildcard_mx", f.has_wildcard_mx);
  v("hosts", f.hosts);
  v("tlsa", f.tlsa);
  v("tlsrpt", f.tlsrpt);
  v("tlsrpt_misplaced", f.tlsrpt_misplaced);
  v("tlsrpt_of_mx", f.tlsrpt_of_mx);
}

template <typename Visitor>
void visit_fields(Visitor& v, ChainFact& f) {
  v("flaw", f.flaw);
  v("depth", f.depth);
  v("subject", f.subject);
  v("not_before", f.not_before);
  v("not_after", f.not_after);
  v("error", f.error);
}

template <typename Visitor>
void visit_fields(Visitor& v, CertificateFact& f) {
  v("dns_names", f.dns_names);
  v("common_name", f.common_name);
  v("issuer", f.issuer);
  v("not_before", f.not_before);
  v("not_after", f.not_after);
  v("sha256", f.sha256);
  v("sent", f.sent);
  v("key", f.key);
  v("signature", f.signature);
  v("trusted", f.trusted);
  v("trust_error", f.trust_error);
  v("chain", f.chain);
  v("tlsa_forms", f.tlsa_forms);
}

template <typename Visitor>
void visit_fields(Visitor& v, TlsFact& f) {
  v("established", f.established);
  v("version", f.version);
  v("cipher", f.cipher);
  v.retired("alpn");
  v("error", f.error);
  v("certificate", f.certificate);
}

template <typename Visitor>
void visit_fields(Visitor& v, HttpHeader& f) {
  v("name", f.name);
  v("value", f.value);
}

template <typename Visitor>
void visit_fields(Visitor& v, HttpsFact& f) {
  v("host", f.host);
  v("address", f.address);
  v("path", f.path);
  v("method", f.method);
  v("user_agent", f.user_agent);
  v("reach", f.reach);
  v("tls", f.tls);
  v("status", f.status);
  v("http_version", f.http_version);
  v("headers", f.headers);
  v("body", f.body);
  v("complete", f.complete);
  v("error", f.error);
  v("elapsed_ms", f.elapsed);
}

template <typename Visitor>
void visit_fields(Visitor& v, HttpsFacts& f) {
  v("by_address", f.by_address);
  v("by_user_agent", f.by_user_agent);
  v("elsewhere", f.elsewhere);
  v("head", f.head);
  v("without_sni", f.without_sni);
  v("tls_versions", f.tls_versions);
}

template <typename Visitor>
void visit_fields(Visitor& v, SmtpFact& f) {
  v("mx", f.mx);
  v("preference", f.preference);
  v("address", f.address);
  v("reach", f.reach);
  v("banner", f.banner);
  v("ehlo", f.ehlo);
  v("starttls_offered", f.starttls_offered);
  v("starttls_reply", f.starttls_reply);
  v("injected_bytes", f.injected_bytes);
  v("with_sni", f.with_sni);
  v("without_sni", f.without_sni);
  v("large_hello", f.large_hello);
  v("tls_versions", f.tls_versions);
  v("error", f.error);
}

template <typename Visitor>
void visit_fields(Visitor& v, HistoryEntry& f) {
  v("seen", f.seen);
  v("id", f.id);
  v("body_sha256", f.body_sha256);
  v("policy_id", f.policy_id);
  v("mode", f.mode);
  v("max_age", f.max_age_seconds);
  v("mx", f.mx);
}

template <typename Visitor>
void visit_fields(Visitor& v, LocalPolicy& f) {
  v("source", f.source);
  v("words", f.words);
  v("body", f.body);
}

template <typename Visitor>
void visit_fields(Visitor& v, LocalSender& f) {
  v("program", f.program);
  v("does_dane", f.does_dane);
  v("sees_validation", f.sees_validation);
}

template <typename Visitor>
void visit_fields(Visitor& v, ReportedFailure& f) {
  v("type", f.type);
  v("mx", f.mx);
  v("sessions", f.sessions);
}

template <typename Visitor>
void visit_fields(Visitor& v, Conditions& f) {
  v("now", f.now);
  v("ipv4", f.has_ipv4);
  v("ipv6", f.has_ipv6);
  v("port_25", f.port_25_open);
  v("resolver_validates", f.resolver_validates);
  v("resolver_answers", f.resolver_answers);
  v("private_allowed", f.private_allowed);
  v("clock_offset", f.clock_offset);
}

template <typename Visitor>
void visit_fields(Visitor& v, RuaFact& f) {
  v("uri", f.uri);
  v("host", f.host);
  v("mx_status", f.mx_status);
  v("mx", f.mx);
  v("tls", f.tls);
  v("rcpt_reply", f.rcpt_reply);
  v("post_status", f.post_status);
}

template <typename Visitor>
void visit_fields(Visitor& v, Facts& f) {
  v("domain", f.domain);
  v("conditions", f.conditions);
  v("dns", f.dns);
  v("https", f.https);
  v("smtp", f.smtp);
  v("rua", f.rua);
  v("history", f.history);
  v("expected_id", f.expected_id);
  v("local", f.local);
  v("local_sender", f.local_sender);
  v("reports", f.reports);
}

}  // namespace mta_sts::check
