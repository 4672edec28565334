#include "session/session_audit.hpp"

#include "audit/audit_log.hpp"
#include "base/hex.hpp"
#include "login/address_networks.hpp"
#include "login/rights.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {
namespace {

using audit::Record;

// Null if nothing is recorded.
audit::AuditLog* audit_log_of(const SessionContext& at) noexcept {
    audit::AuditLog* const log = at.shared->audit.get();
    return log != nullptr && log->is_on() ? log : nullptr;
}

void add_client(Record& record, const SessionContext& at) {
    record.add("peer", at.facts.peer.text());
    if (at.facts.secret) {
        record.add("token", at.facts.token_name)
            .add("token_id", to_hex(*at.facts.secret))
            .add("proved_by", at.facts.proved_by)
            .add("client", at.facts.agreement.peer_name)
            .add("version", at.facts.agreement.peer_agent)
            .add("session", at.facts.agreement.session);
    }
}

void add_service(Record& record, const wire::Service& service) {
    record.add("service", service.name).add("kind", login::name_of(service.kind));
}

void refuse(audit::AuditLog& log, const SessionContext& at, const Record& record) {
    log.refuse(record, login::networks_of(at.facts.peer).front());
}

}  // namespace

void audit_login(const SessionContext& at, const transport::Pipe& pipe) {
    if (audit::AuditLog* const log = audit_log_of(at)) {
        Record record("login");
        add_client(record, at);
        record.add("connection", std::uint64_t{at.facts.agreement.trunk}).add("tls", pipe.description());
        log->write(record);
    }
}

void audit_resume(const SessionContext& at, const transport::Pipe& pipe) {
    if (audit::AuditLog* const log = audit_log_of(at)) {
        Record record("resume");
        add_client(record, at);
        record.add("tls", pipe.description());
        log->write(record);
    }
}

// Until a client has proved its token, its names are unverified claims.
void audit_refused_login(const SessionContext& at, wire::Code code, const std::string& why,
                         const login::ServerHandshake* handshake) {
    audit::AuditLog* const log = audit_log_of(at);
    if (log == nullptr) {
        return;
    }
    Record record("login_refused");
    add_client(record, at);
    if (!at.facts.secret && handshake != nullptr && handshake->has_hello()) {
        record.add("claimed_token_id", to_hex(handshake->stated_token()))
            .add("claimed_client", handshake->stated().peer_name)
            .add("claimed_version", handshake->stated().peer_agent);
    }
    record.add("code", wire::name_of(code)).add("why", why);
    refuse(*log, at, record);
}

void audit_service(const SessionContext& at, const wire::Service& service, const std::string& address) {
    if (audit::AuditLog* const log = audit_log_of(at)) {
        Record record("service");
        add_service(record, service);
        record.add("endpoint", address);
        add_client(record, at);
        log->write(record);
    }
}

void audit_refused_service(const SessionContext& at, const wire::Service& service, const directory::Refusal& refusal) {
    if (audit::AuditLog* const log = audit_log_of(at)) {
        Record record("service_refused");
        add_service(record, service);
        record.add("hosts", service.kind == wire::ServiceKind::tls ? service.tls.hosts : service.http.hosts);
        if (service.remote_port != 0) {
            record.add("port", std::uint64_t{service.remote_port});
        }
        add_client(record, at);
        record.add("code", wire::name_of(refusal.code)).add("why", refusal.text);
        refuse(*log, at, record);
    }
}

}  // namespace ferrotunnel::session
