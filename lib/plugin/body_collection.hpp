// Collects whole bodies of an exchange for instances that decide on them.
//
//   none --collect, in a hook--> wanted --the hook leaves the decision to it--> collecting --whole, decide--> decided
//    ^------------------------------'--------------------------drop----------------'                             |
//    '-------------------------------------------the next hook begins--------------------------------------------'
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hooks/http_run.hpp"
#include "http/head.hpp"
#include "plugin/collected_body.hpp"
#include "plugin/run_context.hpp"

namespace ferrotunnel::plugin {

/// What an instance will do with a whole body.
struct CollectCallback {
    ft_decision (*then)(ft_exchange*, void* user, ft_text body) = nullptr;
    void* user = nullptr;
    void (*release)(void* user) = nullptr;
    std::size_t max = 0;

    void release_user() const noexcept {
        if (release != nullptr) {
            release(user);
        }
    }
};

/// Collects the body of the message of the current phase.
class BodyCollection {
public:
    /// `request`: the body as announced by the head.
    BodyCollection(const RunContext& at, const http::Body& request) noexcept;
    ~BodyCollection() { drop(); }
    BodyCollection(const BodyCollection&) = delete;
    BodyCollection& operator=(const BodyCollection&) = delete;

    /// For the running hook; owns `user` if it returns true. False: this hook may not collect, or has had a body.
    bool collect(const CollectCallback& callback) noexcept;

    /// Begins the hook of another instance, or of another phase.
    void begin_hook() noexcept { state_ = State::none; }
    /// Whether a callback waits for its decision.
    bool has_callback() const noexcept { return state_ == State::wanted || state_ == State::collecting; }
    /// The hook leaves its decision to the body.
    void begin() noexcept { state_ = State::collecting; }
    bool is_collecting() const noexcept { return state_ == State::collecting; }
    bool is_whole() const noexcept { return sides_[side()].is_whole; }
    /// It is collecting, and the body is not complete.
    bool awaits_body() const noexcept { return is_collecting() && !is_whole() && failure_.empty(); }
    /// Whether the instance accepts the body. Others may have collected more than its limit.
    bool fits() const noexcept { return failure_.empty() && bytes(side()).size() <= callback_.max; }
    /// Why the body could not be collected; empty if it could.
    std::string_view failure() const noexcept { return failure_; }
    /// Calls the instance with the whole body.
    ft_decision decide(ft_exchange* exchange);
    /// Moves the callback out: the caller must release it.
    CollectCallback take_callback() noexcept;
    /// Releases the callback, if there is one.
    void drop() noexcept;

    // --- for the exchange ---

    std::size_t max() const noexcept { return has_callback() ? callback_.max : 0; }
    hooks::Collected add(std::string_view piece) noexcept;
    void end() noexcept { sides_[side()].is_whole = true; }
    void fail(std::string_view why) noexcept { failure_ = why; }
    std::string_view bytes(std::size_t of) const noexcept { return sides_[of].body.bytes(); }
    void drop_bytes(std::size_t of) noexcept { sides_[of].body.clear(); }
    /// Another response replaces this one.
    void drop_response() noexcept;

private:
    enum class State : std::uint8_t { none, wanted, collecting, decided };
    struct Side {
        CollectedBody body;
        bool is_whole = false;
    };

    std::size_t side() const noexcept { return at_.is_in(RunPhase::response) ? FT_RESPONSE : FT_REQUEST; }

    const RunContext& at_;
    State state_ = State::none;
    CollectCallback callback_;  // valid in `wanted` and `collecting`
    std::string_view failure_;  // why the body cannot be collected
    std::array<Side, 2> sides_;
};

}  // namespace ferrotunnel::plugin
