// One exchange's way through the chain of plugins: which of them is next, what they have changed, and whose decision is
// waited for.
//
//   request: 0 --continue--> 1 --continue--> ... --> all have let it pass       response: backwards through those
//            | '--answered, failed closed--> answer
//            |--later--> wait --decided--> `then` in place of the hook; expired or let go--> failed
//            '--collect--> the body is read --> `then` in place of the hook; it cannot be--> failed
//
// A failure takes back what the instance did, and is an answer (closed) or continues (open).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "hooks/http_run.hpp"
#include "http/kept_head.hpp"
#include "plugin/body_passage.hpp"
#include "plugin/collected_body.hpp"
#include "plugin/condition.hpp"
#include "plugin/decision_wait.hpp"
#include "plugin/field_log.hpp"
#include "plugin/instance.hpp"
#include "plugin/scope.hpp"
#include "plugin/ticket.hpp"

/// What plugins know of an exchange: that it is there.
struct ft_exchange {};

namespace ferrotunnel::plugin {

class WorkerChain;

class HttpChainRun final : public hooks::HttpRun, public ft_exchange, private DecisionWait::Owner {
public:
    HttpChainRun(IntrusivePtr<WorkerChain> chain, const http::RequestHead& head, const hooks::RequestInfo& info,
                 InScope scope, hooks::RunOwner& owner);
    ~HttpChainRun() override;
    HttpChainRun(const HttpChainRun&) = delete;
    HttpChainRun& operator=(const HttpChainRun&) = delete;

    // There is one run with every request that plugins look at, so their memory is kept per thread.
    static void* operator new(std::size_t bytes);
    static void operator delete(void* memory) noexcept;

    hooks::Step request(TimePoint now) noexcept override;
    hooks::Step response(const hooks::AnswerView& answer, TimePoint now) noexcept override;
    void drop_answer() noexcept override;
    TimePoint wait_until() const noexcept override { return wait_.until(); }
    void expire() noexcept override { wait_.expire(); }
    hooks::Reply take_reply() noexcept override { return std::exchange(reply_, {}); }
    void restore(http::RequestHead& head) const noexcept override;
    bool changes_target() const noexcept override { return !path_.empty(); }
    bool put_request(http::Edits& edits) const noexcept override;
    bool put_response(http::Edits& edits) const noexcept override {
        return response_log_.put(edits) && put_framing(FT_RESPONSE, edits);
    }
    std::size_t collect_max() const noexcept override;
    hooks::Collected collect(std::string_view piece) noexcept override;
    void collect_end() noexcept override { body_of_phase().is_whole = true; }
    void collect_failed(std::string_view why) noexcept override { collect_failure_ = why; }
    std::string_view collected(hooks::Side side) const noexcept override {
        return bodies_[static_cast<std::size_t>(side)].body.bytes();
    }
    void drop_collected(hooks::Side side) noexcept override { bodies_[static_cast<std::size_t>(side)].body.clear(); }
    hooks::BodyWay* body(hooks::Side side) noexcept override;
    void close(const hooks::Outcome& outcome) noexcept override;

    /// What an instance wants to do with a body when it is there.
    struct Collects {
        ft_decision (*then)(ft_exchange*, void* user, ft_text body) = nullptr;
        void* user = nullptr;
        void (*release)(void* user) = nullptr;
        std::size_t max = 0;
    };

    // --- what a hook may ask and do, see plugin_abi.h ---

    std::string_view get(std::uint32_t what) const noexcept;
    std::optional<std::string_view> field(std::uint32_t side, std::string_view name, std::size_t nth) const;
    std::optional<http::Edits::Edit> field_at(std::uint32_t side, std::size_t i) const;
    bool edit(std::uint32_t side, std::uint32_t how, std::string_view name, std::string_view value);
    bool set_target(std::string_view path, std::string_view query);
    std::uint16_t status() const noexcept { return phase_ == Phase::response ? answer_.status : closing_status_; }
    hooks::Origin origin() const noexcept { return answer_.origin; }
    bool answer(std::uint32_t status, std::vector<std::pair<std::string, std::string>> fields, std::string_view body);
    bool reject(std::uint32_t status, std::string_view code, std::vector<std::pair<std::string, std::string>> fields);
    std::string_view note(std::string_view name) const noexcept { return find_note(name).value_or(std::string_view()); }
    std::optional<std::string_view> find_note(std::string_view name) const noexcept;
    bool set_note(std::string_view name, std::string_view value);
    void* state() const noexcept;
    void set_state(void* state, void (*release)(void*));
    Ticket::Handle later(std::uint64_t timeout_ns);
    // These take `user` when they return true.
    bool observe(std::uint32_t side, BodyPassage::LookCall look, void* user, BodyPassage::Release release);
    bool transform(std::uint32_t side, const ft_body_filter& filter, void* user, bool& is_unused);
    bool collect(const Collects& wanted);

private:
    enum class Phase : std::uint8_t { none, request, response, close };

    /// What there is of a side's body, where a plugin has it collected.
    struct CollectedSide {
        CollectedBody body;
        bool is_whole = false;
    };
    /// What an instance keeps for this exchange.
    struct State {
        std::size_t instance;
        void* state;
        void (*release)(void*);
    };
    struct Note {
        std::string_view name;
        std::string_view value;
        bool of_client;  // a plugin that a client has asked for says so
    };
    /// How much there was when the hook of an instance began, so that it can be taken back.
    struct Mark {
        std::size_t request_changes = 0;
        std::size_t response_changes = 0;
        std::size_t notes = 0;
        std::size_t request_stages = 0;
        std::size_t response_stages = 0;
        std::string_view path;
        std::string_view query;
    };

    void on_decided() noexcept override { owner_.on_decision(); }

    // Where and when: http_chain_run_scope.cpp.
    class RequestMaps;
    enum class Entry : std::uint8_t { enters, skipped, unclear, rejects };
    ConditionRequest condition_request(std::string_view path, std::string_view query) const noexcept;
    Entry enter(std::size_t i) noexcept;
    bool rejects(std::size_t i, std::string_view path) const noexcept;
    bool has_entered(std::size_t i) const noexcept { return (entered_ & bit_of(i)) != 0; }
    bool meets_same_instances(std::string_view path, std::string_view query) const noexcept;
    hooks::Step refuse_path(Entry entry) noexcept;

    const Instance& instance(std::size_t i) const noexcept;
    std::size_t instances() const noexcept;
    bool runs_clients() const noexcept;
    std::optional<hooks::Step> ask(std::size_t i, TimePoint now) noexcept;
    ft_decision call(const Instance& asked);
    std::optional<hooks::Step> passed_over(std::size_t i) noexcept;
    std::optional<hooks::Step> decided(std::size_t i, ft_decision decision, TimePoint now) noexcept;
    std::optional<hooks::Step> answered(const Instance& asked) noexcept;
    std::optional<hooks::Step> failed(const Instance& asked, std::string_view why) noexcept;
    void changed(std::string_view what, std::string_view name = {}) const noexcept;
    void stop_waiting() noexcept;
    void take_back(const Mark& mark) noexcept;
    BodyPassage* passage_for_hook(std::uint32_t side);
    std::size_t stages(std::uint32_t side) const noexcept;
    void take_back_stages(std::uint32_t side, std::size_t n) noexcept;
    bool transforms(std::uint32_t side) const noexcept;
    bool put_framing(std::uint32_t side, http::Edits& edits) const noexcept;
    void weaken_etag() noexcept;
    CollectedSide& body_of_phase() noexcept { return bodies_[phase_ == Phase::response ? FT_RESPONSE : FT_REQUEST]; }
    bool awaits_body() noexcept;
    bool has_body_for_hook() noexcept;
    std::optional<hooks::Step> body_refused(const Instance& asked) noexcept;
    ft_decision decide_on_body();
    void drop_collects() noexcept;
    // For instances that observe: http_chain_run_observed.cpp.
    struct ObservedBody;
    void collect_beside(std::size_t i) noexcept;
    void observed_too_large(const Instance& asked) noexcept;
    ft_decision observed_decision(std::size_t i, const Collects& collects, std::string_view body) noexcept;
    BaseFields base_of(std::uint32_t side) const noexcept;
    std::optional<std::string_view> keep(std::string_view text);
    void keep_texts_of(FieldLog::Change& change);

    const IntrusivePtr<WorkerChain> chain_;
    const http::KeptHead head_;
    hooks::RequestInfo info_;
    const InScope scope_;
    const std::int64_t body_size_;  // as it was announced; 0: it was not
    hooks::RunOwner& owner_;

    static constexpr std::size_t none = SIZE_MAX;

    Phase phase_ = Phase::none;
    std::size_t next_ = 0;        // who is asked next; for the answer, one more than that
    std::size_t reached_ = 0;     // those before it have had the request
    InstanceSet entered_ = 0;     // those of them that are there for this exchange, and are not switched off
    std::size_t current_ = none;  // whose hook runs
    bool follows_hook_ = false;   // a hook has ended, and nothing but this run has run since
    hooks::AnswerView answer_;    // during a call of response()
    std::uint16_t closing_status_ = 0;

    DecisionWait wait_;
    Mark mark_;  // when the hook of the instance that waits, or runs, began

    // Bodies.
    std::array<std::unique_ptr<BodyPassage>, 2> passages_;  // by side
    bool has_strong_etag_ = false;
    std::string weak_etag_;
    std::optional<Collects> collects_;     // what was asked for, until it is decided
    bool is_collecting_ = false;           // the hook has left the decision to it
    bool has_collected_ = false;           // the hook has had it
    std::string_view collect_failure_;     // why the body cannot be collected
    std::array<CollectedSide, 2> bodies_;  // by side

    FieldLog request_log_;
    FieldLog response_log_;
    std::vector<Note> notes_;
    std::vector<State> states_;
    std::string_view path_;  // as plugins have changed it
    std::string_view query_;
    hooks::Reply reply_;
    bool has_reply_ = false;

    std::size_t texts_bytes_ = 0;
    std::array<std::byte, 512> texts_room_;
    std::pmr::monotonic_buffer_resource texts_{texts_room_.data(), texts_room_.size()};
};

}  // namespace ferrotunnel::plugin
