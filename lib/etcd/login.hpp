// Login: the token of this user at etcd. Sans-IO, one thread at a time.
//
//   none --begin()--> asking --succeeded()--> present --rejected(number)--> none
//     ^                  '--failed()--> none, or after a wrong password: paused for 5 s to 60 s
//
// One login at a time; calls wait for it. A token that several calls were sent with is rejected once: the number of a
// later token shows that the call has to be repeated, and no login is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "etcd/fault.hpp"

namespace ferrotunnel::etcd {

class Login {
public:
    /// `is_needed`: without a user, calls have no token.
    explicit Login(bool is_needed) noexcept : is_needed_(is_needed) {}

    /// Calls can be sent: the token is present, or none is needed.
    bool is_ready() const noexcept { return !is_needed_ || !token_.empty(); }
    bool is_asking() const noexcept { return is_asking_; }
    const std::string& token() const noexcept { return token_; }
    /// Of the present token.
    std::uint64_t number() const noexcept { return number_; }

    /// Why no login can begin now; empty if one can.
    std::optional<Fault> refusal(TimePoint now) const;
    void begin() noexcept { is_asking_ = true; }
    void succeeded(std::string token);
    void failed(const Fault& fault, TimePoint now);
    /// A call with the token of this number was answered by Fault::Kind::token.
    void rejected(std::uint64_t number) noexcept;

private:
    const bool is_needed_;
    bool is_asking_ = false;
    std::string token_;
    std::uint64_t number_ = 0;
    Fault refused_{};
    Duration pause_{};
    TimePoint paused_until_ = TimePoint::min();
};

}  // namespace ferrotunnel::etcd
