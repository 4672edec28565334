// The plugins that an exchange passes: before its request goes to the backend, and before the head of a response is
// given out.
//
//   begin --> request --go_on--> with_changes: the request as changed by them
//                '--wait, collect--> later: with_held, request
//   pass, pass_local: the head of a response
#pragma once

#include <memory>
#include <string_view>

#include "exchange/exchange_context.hpp"
#include "exchange/exchange_record.hpp"
#include "exchange/stages.hpp"
#include "hooks/http_run.hpp"
#include "http/forwarding.hpp"

namespace ferrotunnel::exchange {

class ExchangePlugins {
public:
    enum class BeginResult : std::uint8_t {
        asked,  // request() comes next
        none,   // no plugin handles the exchange
        gone,   // the plugins that guard the service were removed with it
    };
    struct Needs {
        const ExchangeContext& at;
        ExchangeRecord& record;
        hooks::RunOwner& owner;
    };

    explicit ExchangePlugins(const Needs& needs) noexcept : needs_(needs) {}

    /// Whether any plugin may handle requests of the service.
    bool has_any() const noexcept {
        return needs_.at.edge.hooks != nullptr || needs_.at.request.service->description().asked.has_plugins();
    }
    BeginResult begin(const IncomingRequest& arrival);
    /// The exchange's run; null if no plugin handles it.
    const std::unique_ptr<hooks::HttpRun>& run() const noexcept { return run_; }

    // --- the request ---

    hooks::Step request(TimePoint now) noexcept { return run_->request(now); }
    /// Calls `next` with the request as changed by plugins. They may have looked up routes, so those of `arrival` are
    /// no longer valid.
    template <typename Next>
    void with_changes(const IncomingRequest& arrival, Next next) const {
        if (!run_->changes_target()) {
            next(incoming_request(arrival.head, arrival.forwarding, arrival.now));
            return;
        }
        http::RequestHead head;
        run_->restore(head);
        next(incoming_request(head, arrival.forwarding, arrival.now));
    }
    /// Calls `next` with a request that was held. Its head is gone, with the bytes that it was read from; the run has a
    /// copy.
    template <typename Next>
    void with_held(Next next) const {
        http::RequestHead head;
        run_->restore(head);
        const ExchangeContext& at = needs_.at;
        const bool owns_certificate = owns_certificate_fields(at.visitor, *at.edge.shared, at.request.host);
        const http::Forwarding forwarding(
            head, forwarding_facts(at.visitor, at.edge.rules(), at.request.id, owns_certificate));
        next(incoming_request(head, forwarding, at.now()));
    }
    /// The request as the worker's stages see it now.
    IncomingRequest incoming_request(const http::RequestHead& head, const http::Forwarding& forwarding,
                                     TimePoint now) const {
        ExchangeWorker& edge = needs_.at.edge;
        return {head, forwarding, needs_.at.visitor, edge.rules(), *edge.shared, edge.routes.get(), now};
    }

    // --- the head of a response ---

    /// Passes a head through the plugins, and adds their changes to `edits`.
    hooks::Step pass(const hooks::AnswerView& answer, http::Edits& edits);
    /// Likewise for a response whose body is complete, for plugins that collect it.
    hooks::Step pass_local(const hooks::AnswerView& answer, std::string_view body, http::Edits& edits);
    /// Another response replaces the one that they have seen.
    void drop_answer() noexcept {
        run_->drop_collected(hooks::Side::request);
        run_->drop_answer();
    }

private:
    hooks::Step put_changes(hooks::Step step, http::Edits& edits) const;

    const Needs needs_;
    std::unique_ptr<hooks::HttpRun> run_;
};

/// Why a body could not be collected, for a plugin.
std::string_view reason_of(hooks::Collected result) noexcept;

}  // namespace ferrotunnel::exchange
