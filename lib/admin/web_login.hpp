// Login of a dashboard with a secret: browsers that have sent it have a session, by a cookie that no script can read
// and no other site's page sends; scripts send the secret with each request (Authorization: Bearer).
//
//   no session --POST /api/login, the secret--> session --12 h, POST /api/logout, 64 newer ones--> no session
//
// Wrong secrets are counted by origin (login_attempt_limiter.hpp); beyond the limit no others are compared. Sessions
// are not affected, nor is a secret made by `ferrotunnel token`, which cannot be guessed: any value of that form is
// compared.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "admin/login_attempt_limiter.hpp"
#include "admin/resources.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/token_bucket.hpp"
#include "login/key.hpp"

namespace ferrotunnel::admin {

/// For one thread.
class WebLogin {
public:
    /// Called for a wrong secret, at most at the rate limits::admin_guess_reports. `unreported`: those since the last
    /// call.
    using OnWrong = std::function<void(const std::string& address, std::uint64_t unreported)>;

    /// `port`: of the dashboard, since browsers do not separate the cookies of one host's ports. `is_secure`: it uses
    /// TLS.
    WebLogin(std::string_view secret, std::uint16_t port, bool is_secure, Random& random, OnWrong on_wrong = {});

    /// The answer to an unauthorised request below /api. Empty if the request has the right.
    std::optional<Answer> answer(const Request& request, TimePoint now);

    std::size_t sessions() const noexcept { return sessions_.size(); }

private:
    struct Session {
        login::Digest id;  // hash of the cookie's value
        TimePoint until;
    };
    bool is_right(std::string_view secret) const;
    bool has_session(std::string_view cookies, TimePoint now);
    std::string_view session_in(std::string_view cookies) const;
    Answer log_in(const Request& request, TimePoint now);
    Answer log_out(const Request& request);
    Answer try_secret(const Request& request, std::string_view secret, TimePoint now, bool makes_session);
    std::string cookie(std::string_view value, std::chrono::seconds lives) const;
    void note_wrong(const std::string& address, TimePoint now);

    const login::Digest secret_;
    const bool is_secure_;
    const std::string name_;  // of the cookie
    Random& random_;
    std::vector<Session> sessions_;  // the oldest first
    LoginAttemptLimiter guesses_;
    const OnWrong on_wrong_;
    TokenBucket reports_;
    std::uint64_t unreported_ = 0;
};

}  // namespace ferrotunnel::admin
