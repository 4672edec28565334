#include "api/audit_acts.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "admin/handover.hpp"
#include "api/change_cause.hpp"
#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;
using admin::Request;

namespace {

// The members of requests that are recorded. None can be a secret.
constexpr std::array<std::string_view, 8> shown_members{"client", "seconds", "member",      "name",
                                                        "keep",   "enabled", "try_seconds", "confirm"};

constexpr std::string_view name_of(ControlEntry entry) noexcept {
    return entry == ControlEntry::socket      ? "control socket"
           : entry == ControlEntry::dashboard ? "dashboard"
                                              : "cluster member";
}

// What changes something, or hands out keys.
bool is_recorded(const Request& request) noexcept {
    return (request.method != "GET" && request.method != "HEAD") || request.path == admin::sockets_path ||
           request.path == admin::ticket_keys_path;
}

// "/v1/acme/renew" and "/api/v1/acme/renew" are "acme/renew".
std::string_view act_of(std::string_view path) noexcept {
    for (const std::string_view front : {"/api", "/v1", "/"}) {
        path.remove_prefix(path.starts_with(front) ? front.size() : 0);
    }
    return path;
}

void add_members(audit::Record& record, const Request& request) {
    const std::optional<Json> body = admin::object_in(request.body);
    if (!body) {
        return;
    }
    for (const std::string_view key : shown_members) {
        const auto found = body->find(std::string(key));
        if (found == body->end()) {
            continue;
        }
        if (found->is_string()) {
            record.add(key, found->get<std::string>());
        } else if (found->is_boolean()) {
            record.add(key, found->get<bool>());
        } else if (found->is_number_unsigned()) {
            record.add(key, found->get<std::uint64_t>());
        } else if (found->is_number()) {
            record.add(key, found->dump());
        }
    }
}

audit::Record act_record(const Request& request, ControlEntry entry) {
    audit::Record record("admin");
    record.add("act", act_of(request.path)).add("via", name_of(entry));
    record.add("peer", request.peer).add("method", request.method);
    add_members(record, request);
    return record;
}

// `stranger`: the network of a requester without a right; empty: it has one.
void write_act(audit::AuditLog& log, audit::Record act, const Answer& answer, const std::string& stranger) {
    act.add("status", std::uint64_t{answer.status});
    if (answer.status >= 400 && answer.body.contains("error")) {
        const Json& error = answer.body.at("error");
        act.add("code", error.value("code", std::string())).add("why", error.value("message", std::string()));
    }
    if (stranger.empty()) {
        log.write(act);
    } else {
        log.refuse(act, stranger);
    }
}

audit::Record config_record(std::string_view result) {
    audit::Record record("config");
    record.add("via", present_cause()).add("file", PresentCause::get().file).add("result", result);
    return record;
}

}  // namespace

Answer AuditedRequests::answer(const Request& request, ControlEntry entry, const std::function<Answer()>& answer) {
    if (!log_ || !log_->is_on() || !is_recorded(request)) {
        return answer();
    }
    const Answering until_recorded(*this);
    return answer_and_record(request, entry, answer);
}

AuditedRequests::Answering::Answering(AuditedRequests& of) : of_(of) {
    const MutexLock lock(of_.mutex_);
    of_.is_answering_ = true;
}

AuditedRequests::Answering::~Answering() {
    const MutexLock lock(of_.mutex_);
    of_.is_answering_ = false;
    of_.recorded_.notify_all();
}

void AuditedRequests::await_record(std::chrono::milliseconds time) {
    ReleasableLock lock(mutex_);
    recorded_.wait_for(lock, time, [this]() REQUIRES(mutex_) { return !is_answering_; });
}

Answer AuditedRequests::answer_and_record(const Request& request, ControlEntry entry,
                                          const std::function<Answer()>& answer) const {
    audit::Record act = act_record(request, entry);
    // At a dashboard with a secret, a requester has no right until the answer says so.
    const std::string stranger = entry == ControlEntry::dashboard && !request.user && request.networks != nullptr
                                     ? request.networks->front()
                                     : std::string();
    const std::string by =
        entry == ControlEntry::member ? admin::text_of_member(request.peer) : admin::requester_of(request);
    Answer answered = answer();
    if (answered.later) {
        act.add("by", by);
        answered.later = [act, log = log_, later = std::move(answered.later)](TimePoint now) {
            std::optional<Answer> last = later(now);
            if (last) {
                write_act(*log, act, *last, {});
            }
            return last;
        };
        return answered;
    }
    if (answered.status == 401 && act_of(request.path) == "login") {
        return answered;  // note_wrong_secret() has it
    }
    if (stranger.empty() || answered.has_right) {
        act.add("by", by);
        write_act(*log_, std::move(act), answered, {});
    } else {
        write_act(*log_, std::move(act), answered, stranger);
    }
    return answered;
}

void AuditedRequests::note_wrong_secret(const std::string& address, std::uint64_t unreported) const {
    if (log_ && log_->is_on()) {
        audit::Record record("admin_refused");
        record.add("via", "dashboard").add("peer", address).add("why", "A wrong secret was sent.");
        if (unreported != 0) {
            record.add("unreported", unreported);
        }
        log_->refuse(record, address);
    }
}

std::string_view present_cause() noexcept {
    return PresentCause::get().cause.empty() ? std::string_view("library") : PresentCause::get().cause;
}

audit::Record library_act(std::string_view act) {
    audit::Record record("admin");
    record.add("act", act).add("via", present_cause());
    return record;
}

void audit_change(audit::AuditLog* log, const ApplyReport& report) {
    if (log == nullptr || !log->is_on()) {
        return;
    }
    audit::Record record = config_record(!report.ok() ? "refused" : report.unchanged() ? "unchanged" : "applied");
    std::vector<std::string> applied;
    for (const ApplyReport::Change& change : report.applied) {
        applied.push_back(to_text(change));
    }
    std::vector<std::string> problems;
    for (const Problem& problem : report.problems) {
        problems.push_back(to_text(problem));
    }
    record.add("applied", applied).add("needs_restart", report.needs_restart).add("problems", problems);
    log->write(record);
    if (!report.ok()) {
        PresentCause::get().has_refusal = !PresentCause::get().cause.empty();
    }
}

void audit_refused_reload(audit::AuditLog& log, std::string_view outcome) {
    if (log.is_on() && !PresentCause::get().has_refusal) {
        audit::Record record = config_record("refused");
        record.add("why", outcome);
        log.write(record);
    }
}

}  // namespace ferrotunnel::detail
