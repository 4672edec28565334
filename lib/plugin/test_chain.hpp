// The implementation of TestChain, TestExchange and TestSessions: a chain on a worker that runs on the test's thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "buffer/mailbox.hpp"
#include "ferrotunnel/plugin_testing.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "plugin/instance.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

/// How long a test waits for a plugin's own thread, in real time.
inline constexpr std::chrono::seconds test_patience{30};

/// Stores log lines.
class TestLog final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override;
    std::vector<std::string> lines() const;

private:
    mutable Mutex mutex_;
    std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

/// Wakes the test's thread when a decision has arrived.
class TestDoorbell final : public buffer::Doorbell {
public:
    void ring() noexcept override;
    /// Waits for a ring. False if none arrives in time.
    bool wait_until(std::chrono::steady_clock::time_point until);

private:
    Mutex mutex_;
    ConditionVariable rung_;
    bool has_rung_ GUARDED_BY(mutex_) = false;
};

/// Something that waits for plugins' decisions: an exchange, or a call of a session's phase.
class TestWaiter {
public:
    virtual bool waits() const noexcept = 0;
    virtual TimePoint wait_until() const noexcept = 0;
    virtual void expire() noexcept = 0;
    virtual void ask_again() = 0;
    virtual void close() noexcept = 0;

    /// A decision has arrived.
    void set_decided() noexcept { decided_ = true; }
    bool take_decided() noexcept { return std::exchange(decided_, false); }

protected:
    ~TestWaiter() = default;

private:
    bool decided_ = false;
};

class TestChain::Impl {
public:
    Impl(const std::vector<PluginUse>& plugins, DecisionTime when);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// The time as plugins see it.
    static TimePoint now() noexcept;
    void advance(std::chrono::nanoseconds time);
    /// Delivers the owed decisions, if this chain delivers decisions by itself.
    void settle(TestWaiter& waiter);
    /// Waits for the decision in real time.
    void wait(TestWaiter& waiter);
    void deliver(TestWaiter& waiter);

    const DecisionTime when;
    TestLog log;
    Instances instances{log};
    TestDoorbell* const bell = new TestDoorbell;  // the mailbox's
    const std::shared_ptr<buffer::Mailbox> mailbox =
        std::make_shared<buffer::Mailbox>(std::unique_ptr<buffer::Doorbell>(bell));
    std::shared_ptr<const Chain> chain;
    std::unique_ptr<WorkerPlugins> worker;
    std::vector<TestWaiter*> waiters;  // those that have not ended
};

/// The exchange around a run, instead of the edge: passes responses through the chain, and keeps time.
class TestExchange::Impl final : public hooks::RunOwner, public TestWaiter {
public:
    Impl(std::shared_ptr<TestChain::Impl> chain, const TestRequest& request);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    enum class State : std::uint8_t { asking, held_request, passed, held_answer, answered, over };

    void begin();
    State state() const noexcept { return state_; }
    bool waits() const noexcept override { return state_ == State::held_request || state_ == State::held_answer; }
    TimePoint wait_until() const noexcept override { return run_->wait_until(); }
    void expire() noexcept override { run_->expire(); }
    void ask_again() override { state_ == State::held_request ? ask() : ask_answer(); }
    void wait() { chain_->wait(*this); }
    TestRequest sent() const;
    void respond(const TestAnswer& answer);
    TestAnswer answer() const;
    std::string note(std::string_view name) const;
    bool is_cut() const noexcept { return is_cut_; }
    void close() noexcept override;

    void on_decision() noexcept override { set_decided(); }
    bool is_same_service(std::string_view) const noexcept override { return true; }

private:
    http::RequestHead request_head() const;
    void ask();
    void feed_body();
    void send();
    void ask_answer();
    void feed_answer_body();
    void show();
    void answer_with(hooks::Reply reply);

    const std::shared_ptr<TestChain::Impl> chain_;
    const TestRequest request_;
    const ClientCertificate certificate_;
    const std::string request_bytes_;  // of the head
    http::RequestParser request_head_;
    std::string path_;  // in canonical form, as on a server
    std::string sent_body_;
    State state_ = State::asking;
    bool has_answered_ = false;  // before it was closed
    TimePoint begun_at_;
    std::string answer_bytes_;  // the head of the response that passes the chain
    std::unique_ptr<http::ResponseParser> answer_head_;
    TestAnswer answer_;
    std::size_t collected_pieces_ = 0;  // of the response's body
    bool is_cut_ = false;
    std::unique_ptr<hooks::HttpRun> run_;  // null if no plugin runs for this request, or it has ended
};

}  // namespace ferrotunnel::plugin
