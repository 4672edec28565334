// Tests of plugins with session hooks, a part of the harness of plugin_testing.hpp: logins of clients, registrations of
// services, visitors of TCP and TLS. Uses the code that servers run, without sockets, threads or real time.
//
//    TestSessions sessions = TestSessions::of<Office>();
//    TestQuestion visit = sessions.visit({.address = "203.0.113.5"});
//    assert(visit.refused());
//    assert(visit.words() == "not from the office");
//
// The parts of a server around it are missing: tokens and their rights, the use of hosts and limits that a plugin has
// set, and the single registration of a service for all tunnel connections of a client.
//
// As with TestChain, the clock stands still and is moved by TestSessions::advance, and one thread uses these objects.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/plugin_session.hpp"
#include "ferrotunnel/plugin_testing.hpp"
#include "ferrotunnel/plugin_use.hpp"

namespace ferrotunnel::plugin {

/// A login of a client on one of its tunnel connections.
struct TestClient {
    std::string name = "laptop";                                // the client's own name
    std::string token = "token-1";                              // the token's name
    std::string instance = "00112233445566778899aabbccddeeff";  // its process
    std::string agent = "ferrotunnel/test";
    std::string address = "198.51.100.1";
    std::uint16_t port = 40'000;
    std::uint32_t connection = 1;
    std::uint32_t connections = 1;
    std::vector<std::pair<std::string, std::string>> metadata{};  // its own
};

/// A service: as its client requests it, or as its visitors reach it.
struct TestService {
    std::string name = "app";
    std::string kind = "tcp";  // or "udp", "tls", "http", "private"
    std::uint16_t port = 0;
    std::vector<std::string> hosts{};  // in normal form
    std::string path{};
    std::string bind{};
    std::string metadata{};
};

/// A visitor of a TCP or TLS passthrough service.
struct TestVisit {
    std::string address = "192.0.2.1";
    std::uint16_t port = 50'000;
    std::string host{};  // requested by a TLS visitor
};

class TestSessions;

/// A login, a registration or a visit, and the decision of the plugins on it. Must be destroyed before its
/// TestSessions.
class FERROTUNNEL_EXPORT TestQuestion {
public:
    class Impl;

    TestQuestion(TestQuestion&&) noexcept;
    TestQuestion& operator=(TestQuestion&&) noexcept;
    ~TestQuestion();

    /// Whether all plugins accepted it.
    bool accepted() const;
    /// Whether a plugin refused it, or a guard failed.
    bool refused() const;
    /// Whether a plugin decides later.
    bool waits() const;
    /// Whether it is over, decided or not: the visit was closed, or the client has left.
    bool over() const;

    /// After a refusal: the plugin's reason, the plugin's id, and whether it failed instead of refusing.
    std::string words() const;
    std::string refused_by() const;
    bool failed() const;

    /// Waits, in real time, until no decision of a plugin is pending. Throws std::runtime_error after half a minute.
    void wait();

    /// For an accepted registration: the hosts set by plugins; empty if none did.
    std::optional<std::vector<std::string>> hosts() const;
    /// The limit set by plugins.
    std::optional<std::uint64_t> limit(Limit what) const;
    /// A note set by plugins, here or in earlier phases; empty if there is none. For an accepted subject only.
    std::string note(std::string_view name) const;

    /// Ends it. Plugins are notified once of the end of a visit, with its bytes if it was served. Before the decision
    /// this means that the caller has left.
    void close(std::uint64_t received_bytes = 0, std::uint64_t sent_bytes = 0);

private:
    friend class TestSessions;
    explicit TestQuestion(std::shared_ptr<Impl> impl) noexcept;
    Impl& impl() const;

    std::shared_ptr<Impl> impl_;
};

/// A chain of plugins with session hooks. Its instances are made and started with it, and stopped and destroyed with
/// it.
class FERROTUNNEL_EXPORT TestSessions {
public:
    class Impl;

    /// Throws std::invalid_argument with the problems that `ferrotunnel check` would report. With a DecisionTime other
    /// than as_it_comes it waits for pending decisions and delivers them at the time it names.
    explicit TestSessions(const std::vector<PluginUse>& plugins, DecisionTime when = DecisionTime::as_it_comes);
    TestSessions(TestSessions&&) noexcept;
    TestSessions& operator=(TestSessions&&) noexcept;
    ~TestSessions();

    /// One instance of the class.
    template <typename Class>
    static TestSessions of(std::string settings = {}, DecisionTime when = DecisionTime::as_it_comes) {
        return TestSessions({TestChain::use<Class>(std::move(settings))}, when);
    }

    /// A login of a tunnel connection whose token is proved.
    TestQuestion login(const TestClient& client = {});
    /// A registration of a service; with the notes of `login`, if given.
    TestQuestion registration(const TestService& service = {}, const TestClient& client = {},
                              const TestQuestion* login = nullptr);
    /// A visit to a service; with the notes of `registration`, if given.
    TestQuestion visit(const TestVisit& visitor = {}, const TestService& service = {}, const TestClient& client = {},
                       const TestQuestion* registration = nullptr);

    /// Advances the clock. A plugin whose decision is overdue then fails, as at a server.
    void advance(std::chrono::nanoseconds time);
    /// The log lines of the plugins, and of the server about them.
    std::vector<std::string> log() const;
    DecisionTime decision_time() const;

private:
    std::shared_ptr<Impl> impl_;
};

/// One combination of body cuts and decision time.
struct TestCase {
    std::vector<std::size_t> cuts{};  // see TestRequest
    DecisionTime when = DecisionTime::as_it_comes;

    /// Whether later decisions took effect: they arrived, and the exchange was not over.
    bool decides() const noexcept { return when != DecisionTime::after_end && when != DecisionTime::never; }
};

/// Runs `test` with a chain of these plugins for each way to cut a body of this size, and each of these with each
/// decision time. Exceptions are rethrown as a std::runtime_error whose text begins with the case: "cut at 3 and 7,
/// decisions twice: ...". A test calls this once instead of loops of its own.
FERROTUNNEL_EXPORT void for_each_case(const std::vector<PluginUse>& plugins, std::size_t body_size,
                                      const std::function<void(TestChain&, const TestCase&)>& test);
/// Like the function above, for session hooks, which have no bodies.
FERROTUNNEL_EXPORT void for_each_case(const std::vector<PluginUse>& plugins,
                                      const std::function<void(TestSessions&, const TestCase&)>& test);

}  // namespace ferrotunnel::plugin
