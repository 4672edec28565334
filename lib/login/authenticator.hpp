// Looks up tokens that are in no table, at a source outside of the engine (token_source.hpp).
//
//   ask --> waiting --a place is free--> calling --accept----------------------> done(offered token)
//              |                            |----refuse----------------------> done(null)
//              '---- deadline --------------'----fail, deadline, revoked-----> done(failed), or a token lent before
//
// Calls that were made and have no answer have a place each, in total and per address, until their deadline: also those
// whose client has left, so that a client that comes and goes does not load the source more. Logins without a place
// wait in their order. The source cannot hold up anything: after the deadline its answer has no effect.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "login/external_tokens.hpp"
#include "login/token_source.hpp"

namespace ferrotunnel::login {

/// Thread-safe. No lock is held while a callback or the source is called. Must be owned by a shared_ptr.
class Authenticator : public std::enable_shared_from_this<Authenticator> {
public:
    struct Settings {
        /// For the answer, from ask() on. A call keeps its place as long, from its begin.
        Duration deadline = std::chrono::seconds(5);
        std::size_t calls_max = 64;
        std::size_t calls_per_address_max = 8;  // an IPv6 address stands for its /64
        /// Logins that wait for a place: all peers that have not proved a token yet.
        std::size_t waiting_max = limits::unauthenticated_max;
        TimePoint (*now)() = [] { return Clock::now(); };
        /// tick() is to be called, on some thread, soon. Empty: somebody calls it in time anyway.
        std::function<void()> wake{};
    };

    struct Result {
        /// Offered: it takes effect by ExternalTokens::proved().
        std::shared_ptr<ExternalToken> token{};
        /// Why the source has not answered; empty if it has. With a token: it was lent before.
        std::string failure{};
    };
    using Done = std::function<void(const Result&)>;
    /// Runs a step on the asker's worker, in a turn of its own. False: the worker has stopped.
    using Run = std::function<bool(std::function<void()> step)>;

    /// A login that waits. Its destruction means that it does not wait any more: `done` is not called afterwards,
    /// unless another thread calls it at this moment.
    class Ticket {
    public:
        Ticket(std::weak_ptr<Authenticator> of, std::uint64_t call) noexcept : of_(std::move(of)), call_(call) {}
        ~Ticket();
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;

    private:
        const std::weak_ptr<Authenticator> of_;
        const std::uint64_t call_;
    };

    Authenticator(std::shared_ptr<ExternalTokens> tokens, Settings settings);
    ~Authenticator();

    /// Null: tokens are looked up nowhere. Calls that were made keep the source that they have.
    void set_source(std::shared_ptr<TokenSource> source);
    bool has_source() const noexcept { return has_source_.load(std::memory_order_acquire); }
    /// TokenSource::kind of the latest source that was set.
    const char* source_kind() const noexcept { return source_kind_.load(std::memory_order_acquire); }

    /// Looks up a token. `done` is called once, on any thread, perhaps before this returns.
    [[nodiscard]] std::unique_ptr<Ticket> ask(TokenQuery query, Run run, Done done);

    /// The token is refused from now on, unless a later call accepts it: answers to calls that were made before count
    /// as failures. True if it was known.
    bool revoke(const TokenId& id);

    /// Ends what is over its time. Returns when to call it again; empty: when Settings::wake is called.
    std::optional<TimePoint> tick();

    const std::shared_ptr<ExternalTokens>& tokens() const noexcept { return tokens_; }
    /// Calls that were made and have no answer; logins that wait for a place.
    std::size_t calls() const;
    std::size_t waiting() const;

private:
    friend class TokenReply;

    struct Call {
        TokenQuery query;
        Run run;
        Done done;  // empty: nobody waits any more
        std::string address{};
        TimePoint answer_by{};
        TimePoint place_until{};  // only of one that was begun, and so is:
        std::uint64_t epoch = 0;  // of the tokens
        bool is_begun = false;
        bool is_revoked = false;
    };
    using Calls = std::map<std::uint64_t, Call>;  // in their order
    /// What is to be done without the lock.
    struct Steps {
        std::vector<std::pair<Done, Result>> done{};
        std::vector<std::pair<std::uint64_t, Run>> begun{};
    };

    void begin_waiting(Steps& steps) REQUIRES(mutex_);
    void end_call(Calls::iterator call) REQUIRES(mutex_);
    void fail(Call& call, std::string why, Steps& steps) REQUIRES(mutex_);
    void perform(Steps steps);
    void call_source(std::uint64_t number);
    void accepted(std::uint64_t number, const TokenGrant& grant);
    void refused(std::uint64_t number);
    void failed(std::uint64_t number, std::string why);
    bool is_wanted(std::uint64_t number) const;
    void leave(std::uint64_t number);

    const std::shared_ptr<ExternalTokens> tokens_;
    const Settings settings_;
    std::atomic<bool> has_source_{false};
    std::atomic<const char*> source_kind_{"handler"};
    mutable Mutex mutex_;
    std::shared_ptr<TokenSource> source_ GUARDED_BY(mutex_);
    Calls calls_ GUARDED_BY(mutex_);
    std::map<std::string, std::size_t> begun_of_ GUARDED_BY(mutex_);  // calls of each address that were begun
    std::size_t begun_ GUARDED_BY(mutex_) = 0;
    std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
    bool is_watched_ GUARDED_BY(mutex_) = false;  // tick() is about to be called
};

}  // namespace ferrotunnel::login
