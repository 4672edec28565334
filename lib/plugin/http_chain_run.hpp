// Runs the chain of plugins for one exchange: selects the next instance and applies its decision.
// docs/architecture/plugin-chain.md describes the parts that do the rest.
//
//   request: 0 --continue--> 1 --continue--> ... --> all have let it pass       response: backwards through those
//            | '--answered, failed closed--> response
//            |--later--> wait --decided--> `then` instead of the hook; expired or dropped--> failed
//            '--collect--> the body is read --> `then` instead of the hook; not collected--> failed
//
// A failure takes back what the instance did, and ends in a response (closed) or continues (open).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/intrusive_ptr.hpp"
#include "hooks/http_run.hpp"
#include "plugin/body_collection.hpp"
#include "plugin/body_run.hpp"
#include "plugin/decision_wait.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/exchange_notes.hpp"
#include "plugin/hook_exchange.hpp"
#include "plugin/hook_reply.hpp"
#include "plugin/instance.hpp"
#include "plugin/instance_selection.hpp"
#include "plugin/instance_states.hpp"
#include "plugin/observed_body.hpp"
#include "plugin/run_context.hpp"
#include "plugin/run_texts.hpp"

namespace ferrotunnel::plugin {

class HttpChainRun final : public hooks::HttpRun, private DecisionWait::Owner, private ObservedBody::Judge {
public:
    HttpChainRun(IntrusivePtr<WorkerChain> chain, const http::RequestHead& head, const hooks::RequestInfo& info,
                 InScope scope, hooks::RunOwner& owner);
    ~HttpChainRun() override { stop_waiting(); }
    HttpChainRun(const HttpChainRun&) = delete;
    HttpChainRun& operator=(const HttpChainRun&) = delete;

    // A run exists for each request of the plugins, so the memory is reused per thread.
    static void* operator new(std::size_t bytes);
    static void operator delete(void* memory) noexcept;

    hooks::Step request(TimePoint now) noexcept override;
    hooks::Step response(const hooks::AnswerView& answer, TimePoint now) noexcept override;
    void drop_answer() noexcept override;
    TimePoint wait_until() const noexcept override { return wait_.until(); }
    void expire() noexcept override { wait_.expire(); }
    hooks::Reply take_reply() noexcept override { return reply_.take(); }
    void restore(http::RequestHead& head) const noexcept override { heads_.restore(head); }
    bool changes_target() const noexcept override { return heads_.changes_target(); }
    bool put_request(http::Edits& edits) const noexcept override { return put(FT_REQUEST, edits); }
    bool put_response(http::Edits& edits) const noexcept override { return put(FT_RESPONSE, edits); }
    std::size_t collect_max() const noexcept override { return collection_.max(); }
    hooks::Collected collect(std::string_view piece) noexcept override { return collection_.add(piece); }
    void collect_end() noexcept override { collection_.end(); }
    void collect_failed(std::string_view why) noexcept override { collection_.fail(why); }
    std::string_view collected(hooks::Side side) const noexcept override { return collection_.bytes(number_of(side)); }
    void drop_collected(hooks::Side side) noexcept override { collection_.drop_bytes(number_of(side)); }
    hooks::BodyFilters* body(hooks::Side side) noexcept override { return bodies_.body(number_of(side)); }
    void close(const hooks::Outcome& outcome) noexcept override;

    /// A note as the operator's plugins see it.
    std::string_view note(std::string_view name) const noexcept { return exchange_.note(name); }

private:
    /// The state before an instance's hook, to take back its changes.
    struct Mark {
        ExchangeHeads::Mark heads;
        std::size_t notes = 0;
        BodyRun::Mark bodies{};
    };

    void on_decision() noexcept override { owner_.on_decision(); }
    ft_decision on_observed(std::size_t instance, const CollectCallback& callback,
                            std::string_view body) noexcept override;
    void on_observed_too_large(std::size_t instance) noexcept override;

    static constexpr std::uint32_t number_of(hooks::Side side) noexcept {
        return side == hooks::Side::request ? FT_REQUEST : FT_RESPONSE;
    }
    const Instance& instance(std::size_t i) const noexcept { return context_.instance(i); }
    HookKind hook_kind() const noexcept;
    /// Whether the instance's hook is still to be called, rather than the callback of its decision.
    bool is_first_call() const noexcept { return !wait_.is_over() && !collection_.is_collecting(); }
    std::optional<hooks::Step> call_hook(std::size_t i, TimePoint now) noexcept;
    ft_decision call(const Instance& asked);
    std::optional<hooks::Step> bypass(std::size_t i) noexcept;
    std::optional<hooks::Step> decided(std::size_t i, ft_decision decision, TimePoint now) noexcept;
    std::optional<hooks::Step> decided_to_collect(std::size_t i, TimePoint now) noexcept;
    std::optional<hooks::Step> answered(const Instance& asked) noexcept;
    std::optional<hooks::Step> failed(const Instance& asked, std::string_view why) noexcept;
    std::optional<hooks::Step> body_refused(const Instance& asked) noexcept;
    void collect_copy(std::size_t i) noexcept;
    hooks::Step refuse_path(InstanceSelection::Entry entry) noexcept;
    bool put(std::uint32_t side, http::Edits& edits) const noexcept {
        return heads_.put(side, edits) && bodies_.put_framing(side, edits);
    }
    void roll_back() noexcept;
    void stop_waiting() noexcept;

    const IntrusivePtr<WorkerChain> chain_;
    hooks::RunOwner& owner_;
    hooks::RequestInfo info_;
    RunPosition position_;
    const RunContext context_;

    std::size_t next_ = 0;       // the next instance; for the response, plus one
    std::size_t reached_ = 0;    // the number of instances that have seen the request
    bool follows_hook_ = false;  // a hook has ended, and only this run has run since
    Mark mark_;                  // the state before the hook that waits or runs

    RunTexts texts_;
    ExchangeHeads heads_;
    ExchangeNotes notes_;
    InstanceSelection selection_;
    DecisionWait wait_;
    BodyRun bodies_;
    BodyCollection collection_;
    HookReply reply_;
    InstanceStates states_;
    HookExchange exchange_;
};

}  // namespace ferrotunnel::plugin
