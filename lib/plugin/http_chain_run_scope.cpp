// Whom a run asks: the instances whose scope has the request and whose condition holds; and what it takes from a
// request for them, forged fields of identity.
#include "plugin/http_chain_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

/// Fields and notes as they stand, for conditions.
class HttpChainRun::RequestMaps final : public ConditionMaps {
public:
    explicit RequestMaps(const HttpChainRun& run) noexcept : run_(run) {}

    std::optional<std::string_view> header(std::string_view name) const override {
        return run_.field(FT_REQUEST, name, 0);
    }
    std::optional<std::string_view> note(std::string_view name) const override { return run_.find_note(name); }

private:
    const HttpChainRun& run_;
};

ConditionRequest HttpChainRun::condition_request(std::string_view path, std::string_view query) const noexcept {
    return {get(FT_METHOD), path, query, info_.host, info_.visitor, info_.service, body_size_, info_.https};
}

bool HttpChainRun::rejects(std::size_t i, std::string_view path) const noexcept {
    return instance(i).scope().rejects(path) && !instance(i).observes();
}

// Decides whether the instance is there for this exchange, when its turn in the request's phase comes. Asked again, the
// answer is the same.
HttpChainRun::Entry HttpChainRun::enter(std::size_t i) noexcept {
    if (has_entered(i)) {
        return Entry::enters;
    }
    if ((scope_.instances & bit_of(i)) == 0) {
        return Entry::skipped;
    }
    if (const expression::Expression* const when = instance(i).when()) {
        const Verdict verdict = look(*when, condition_request(get(FT_PATH), get(FT_QUERY)), RequestMaps(*this));
        if (verdict != Verdict::runs) {
            return verdict == Verdict::skips ? Entry::skipped : Entry::unclear;
        }
    }
    if (rejects(i, get(FT_PATH))) {
        return Entry::rejects;
    }
    entered_ |= bit_of(i);
    return Entry::enters;
}

// Whether a request for this target would be for the same instances, by their scopes and by their conditions as far as
// can be told now.
bool HttpChainRun::meets_same_instances(std::string_view path, std::string_view query) const noexcept {
    const InScope found = chain_->scopes.find(info_.host, info_.service, path);
    if (found.outcome != ScopeOutcome::found || found.instances != scope_.instances) {
        return false;
    }
    const RequestMaps maps(*this);
    for (std::size_t i = 0; i < instances(); ++i) {
        if ((scope_.instances & bit_of(i)) == 0) {
            continue;
        }
        Verdict before = Verdict::runs;
        if (const expression::Expression* const when = instance(i).when()) {
            before = look(*when, condition_request(get(FT_PATH), get(FT_QUERY)), maps);
            if (before == Verdict::depends || look(*when, condition_request(path, query), maps) != before) {
                return false;
            }
        }
        if (before == Verdict::runs && rejects(i, path)) {
            return false;
        }
    }
    return true;
}

// Answers a request of which it is not clear whom it is for, or what its path means to an instance that has to know.
hooks::Step HttpChainRun::refuse_path(Entry entry) noexcept {
    const bool is_bad = scope_.outcome == ScopeOutcome::bad_path;
    wait_.renew_time();
    reply_ = {};
    reply_.page = is_bad ? http::PageState::bad_request : http::PageState::ambiguous_path;
    reply_.code = is_bad ? "bad_path" : "ambiguous_path";
    reply_.why = is_bad                    ? "its path cannot be compared with those of plugins"
                 : entry == Entry::rejects ? "its path has several readings, and a plugin rejects such paths"
                                           : "two readings of its path differ in which plugins run";
    return hooks::Step::answer;
}

bool HttpChainRun::put_request(http::Edits& edits) const noexcept {
    for (const std::string& name : chain_->identity) {
        if (!edits.remove(name)) {
            return false;
        }
    }
    return request_log_.put(edits) && put_framing(FT_REQUEST, edits);
}

}  // namespace ferrotunnel::plugin
