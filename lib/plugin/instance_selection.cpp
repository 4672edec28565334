#include "plugin/instance_selection.hpp"

namespace ferrotunnel::plugin {

/// The present fields and notes, for conditions.
class InstanceSelection::Maps final : public ConditionMaps {
public:
    explicit Maps(const InstanceSelection& of) noexcept : of_(of) {}

    std::optional<std::string_view> header(std::string_view name) const override {
        return of_.heads_.field(FT_REQUEST, name, 0);
    }
    std::optional<std::string_view> note(std::string_view name) const override {
        return of_.notes_.find(name, of_.at_.is_in_clients_hook());
    }

private:
    const InstanceSelection& of_;
};

InstanceSelection::InstanceSelection(const RunContext& at, const ExchangeHeads& heads, const ExchangeNotes& notes,
                                     InScope scope, const http::Body& body) noexcept
    : at_(at),
      heads_(heads),
      notes_(notes),
      scope_(scope),
      body_size_(body.kind == http::BodyKind::length ? static_cast<std::int64_t>(body.length) : 0) {}

ConditionRequest InstanceSelection::condition_request(std::string_view path, std::string_view query) const noexcept {
    const hooks::RequestInfo& info = at_.info;
    return {heads_.method(), path, query, info.host, info.visitor, info.service, body_size_, info.https};
}

bool InstanceSelection::rejects(std::size_t i, std::string_view path) const noexcept {
    return at_.instance(i).scope().rejects(path) && !at_.instance(i).observes();
}

InstanceSelection::Entry InstanceSelection::enter(std::size_t i) noexcept {
    if (has_entered(i)) {
        return Entry::enters;
    }
    if ((scope_.instances & bit_of(i)) == 0) {
        return Entry::skipped;
    }
    if (const expression::Expression* const when = at_.instance(i).when()) {
        const Verdict verdict = evaluate(*when, condition_request(heads_.path(), heads_.query()), Maps(*this));
        if (verdict != Verdict::runs) {
            return verdict == Verdict::skips ? Entry::skipped : Entry::unclear;
        }
    }
    if (rejects(i, heads_.path())) {
        return Entry::rejects;
    }
    entered_ |= bit_of(i);
    return Entry::enters;
}

bool InstanceSelection::is_same_for(std::string_view path, std::string_view query) const noexcept {
    const InScope found = at_.chain.scopes.find(at_.info.host, at_.info.service, path);
    if (found.outcome != ScopeOutcome::found || found.instances != scope_.instances) {
        return false;
    }
    const Maps maps(*this);
    for (std::size_t i = 0; i < at_.instances(); ++i) {
        if ((scope_.instances & bit_of(i)) == 0) {
            continue;
        }
        Verdict before = Verdict::runs;
        if (const expression::Expression* const when = at_.instance(i).when()) {
            before = evaluate(*when, condition_request(heads_.path(), heads_.query()), maps);
            if (before == Verdict::depends || evaluate(*when, condition_request(path, query), maps) != before) {
                return false;
            }
        }
        if (before == Verdict::runs && rejects(i, path)) {
            return false;
        }
    }
    return true;
}

hooks::Reply InstanceSelection::refusal(Entry entry) const {
    const bool is_bad = scope_.outcome == ScopeOutcome::bad_path;
    hooks::Reply reply;
    reply.page = is_bad ? http::PageState::bad_request : http::PageState::ambiguous_path;
    reply.code = is_bad ? "bad_path" : "ambiguous_path";
    reply.why = is_bad                    ? "its path cannot be compared with those of plugins"
                : entry == Entry::rejects ? "its path has several readings, and a plugin rejects such paths"
                                          : "two readings of its path differ in which plugins run";
    return reply;
}

}  // namespace ferrotunnel::plugin
