// Bodies that an observing instance would have had collected. The exchange continues: a copy grows while the body
// passes, and what the instance decides on it is counted and logged.
#include <exception>
#include <memory>
#include <utility>

#include "plugin/http_chain_run.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

struct HttpChainRun::ObservedBody {
    ObservedBody(HttpChainRun& of, std::size_t asked_by, const Collects& wanted)
        : run(of), instance(asked_by), collects(wanted), body(of.chain_->collected()) {}
    ~ObservedBody() {
        if (collects.release != nullptr) {
            collects.release(collects.user);
        }
    }
    ObservedBody(const ObservedBody&) = delete;
    ObservedBody& operator=(const ObservedBody&) = delete;

    HttpChainRun& run;
    const std::size_t instance;
    const Collects collects;
    CollectedBody body;
    bool is_decided = false;

    static std::int32_t shows(void* user, ft_text piece, std::int32_t last) {
        return static_cast<ObservedBody*>(user)->add({piece.data, piece.size}, last != 0);
    }
    static void release(void* user) { delete static_cast<ObservedBody*>(user); }

    /// The next piece. Negative: this body cannot be judged.
    std::int32_t add(std::string_view piece, bool last) {
        if (is_decided) {
            return FT_GO_ON;
        }
        switch (body.add(piece, collects.max)) {
            case hooks::Collected::kept:
                break;
            case hooks::Collected::too_large:
                is_decided = true;
                body.clear();
                run.observed_too_large(run.instance(instance));
                return FT_GO_ON;
            case hooks::Collected::no_room:
                return FT_FAILED;
        }
        if (!last) {
            return FT_GO_ON;
        }
        is_decided = true;
        return run.observed_decision(instance, collects, body.bytes()) < 0 ? FT_FAILED : FT_GO_ON;
    }
};

// Has the body of the request copied as it passes. That of an answer is only counted: what is decided on it needs the
// answer's head, which has left by then.
void HttpChainRun::collect_beside(std::size_t i) noexcept {
    const bool is_request = phase_ == Phase::request;
    instance(i).tell_change(info_.id, is_request ? "request body" : "response body", "collected");
    if (!is_request) {
        drop_collects();
        return;
    }
    try {
        std::unique_ptr<BodyPassage>& passage = passages_[FT_REQUEST];
        if (passage == nullptr) {
            passage = std::make_unique<BodyPassage>(info_.id, chain_->watch());
        }
        auto observed = std::make_unique<ObservedBody>(*this, i, *collects_);
        collects_.reset();  // `observed` has it, and releases it
        if (passage->add_look(instance(i), ObservedBody::shows, observed.get(), ObservedBody::release)) {
            (void)observed.release();  // the passage has it
            return;
        }
    } catch (const std::exception&) {  // no memory
        drop_collects();
    }
    instance(i).tell_failure(HookKind::body, info_.id, "there is no room to look at the body");
}

void HttpChainRun::observed_too_large(const Instance& asked) noexcept {
    reply_ = {};
    reply_.page = http::PageState::body_too_large;
    (void)answered(asked);
}

// What would have been decided on the whole body. The hooks of the request have ended, and its head may have left: none
// of its edits would be made, and nobody waits.
ft_decision HttpChainRun::observed_decision(std::size_t i, const Collects& collects, std::string_view body) noexcept {
    const Phase phase = std::exchange(phase_, Phase::none);
    const std::size_t before = std::exchange(current_, i);
    const ft_decision decision = collects.then(this, collects.user, {body.data(), body.size()});
    current_ = before;
    phase_ = phase;
    if (std::exchange(has_reply_, false) && decision == FT_ANSWERED) {
        (void)answered(instance(i));
        return FT_GO_ON;
    }
    return decision == FT_GO_ON ? FT_GO_ON : FT_FAILED;
}

}  // namespace ferrotunnel::plugin
