// Tests of plugins that decide on sessions, a part of the harness of plugin_testing.hpp: clients that log in, services
// that they register, visitors of TCP and TLS. On the code that servers run, without sockets, threads or real time.
//
//    TestSessions sessions = TestSessions::of<Office>();
//    TestQuestion visit = sessions.visit({.address = "203.0.113.5"});
//    assert(visit.refused());
//    assert(visit.words() == "not from the office");
//
// What stands around it in a server is not here: tokens and their rights, what the server makes of hosts and limits
// that a plugin has set, and that a service is registered once for all trunks of a client.
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

/// A client, as one of its trunks logs in.
struct TestClient {
    std::string name = "laptop";                                // what it calls itself
    std::string token = "token-1";                              // the token's name
    std::string instance = "00112233445566778899aabbccddeeff";  // its process
    std::string agent = "ferrotunnel/test";
    std::string address = "198.51.100.1";
    std::uint16_t port = 40'000;
    std::uint32_t trunk = 1;
    std::uint32_t trunks = 1;
};

/// A service: as its client asks for it, or as its visitors find it.
struct TestService {
    std::string name = "app";
    std::string kind = "tcp";  // or "udp", "tls", "http", "private"
    std::uint16_t port = 0;
    std::vector<std::string> hosts{};  // in normal form
    std::string path{};
    std::string bind{};
    std::string metadata{};
};

/// A visitor of a TCP service, or of one whose TLS passes untouched.
struct TestVisit {
    std::string address = "192.0.2.1";
    std::uint16_t port = 50'000;
    std::string host{};  // that a visitor of TLS asks for
};

class TestSessions;

/// A login, a registration or a visit, and what the plugins say of it. Ends before its TestSessions does.
class FERROTUNNEL_EXPORT TestQuestion {
public:
    class Impl;

    TestQuestion(TestQuestion&&) noexcept;
    TestQuestion& operator=(TestQuestion&&) noexcept;
    ~TestQuestion();

    /// All plugins have let it pass.
    bool accepted() const;
    /// A plugin has refused it, or a guard has failed.
    bool refused() const;
    /// A plugin decides later.
    bool waits() const;
    /// It is over, whether it was decided or not: the visit was closed, the client has left.
    bool over() const;

    /// After a refusal: the plugin's words; who that was; whether it has failed, rather than refused.
    std::string words() const;
    std::string refused_by() const;
    bool failed() const;

    /// Waits, in real time, until no plugin owes a decision any more. Throws std::runtime_error where none comes within
    /// half a minute.
    void wait();

    /// Of a registration that was accepted: the hosts that plugins have given the service; nothing: none has.
    std::optional<std::vector<std::string>> hosts() const;
    /// The limit that they have set.
    std::optional<std::uint64_t> limit(Limit what) const;
    /// A note that plugins have made, here or in the phases before; empty: there is none. When it is accepted.
    std::string note(std::string_view name) const;

    /// Ends it. Plugins hear of the end of a visit, once: with how many bytes it had, which are those of a visitor who
    /// was served. Before it is decided: the caller has left.
    void close(std::uint64_t received_bytes = 0, std::uint64_t sent_bytes = 0);

private:
    friend class TestSessions;
    explicit TestQuestion(std::shared_ptr<Impl> impl) noexcept;
    Impl& impl() const;

    std::shared_ptr<Impl> impl_;
};

/// A chain of plugins that sessions ask. Its instances are made and started with it, and stopped and destroyed with it.
class FERROTUNNEL_EXPORT TestSessions {
public:
    class Impl;

    /// Throws std::invalid_argument with what is wrong with them, as `ferrotunnel check` would tell it. With a
    /// DecisionTime other than as_it_comes the decisions that plugins owe are waited for, and come as that says.
    explicit TestSessions(const std::vector<PluginUse>& plugins, DecisionTime when = DecisionTime::as_it_comes);
    TestSessions(TestSessions&&) noexcept;
    TestSessions& operator=(TestSessions&&) noexcept;
    ~TestSessions();

    /// One instance of the class.
    template <typename Class>
    static TestSessions of(std::string settings = {}, DecisionTime when = DecisionTime::as_it_comes) {
        return TestSessions({TestChain::use<Class>(std::move(settings))}, when);
    }

    /// A trunk whose token is proved.
    TestQuestion login(const TestClient& client = {});
    /// A service that a client asks for; with the notes of the login, where there was one.
    TestQuestion registration(const TestService& service = {}, const TestClient& client = {},
                              const TestQuestion* login = nullptr);
    /// A visitor of a service; with the notes of its registration.
    TestQuestion visit(const TestVisit& visitor = {}, const TestService& service = {}, const TestClient& client = {},
                       const TestQuestion* registration = nullptr);

    /// Moves the clock. A plugin that has not decided in time has failed.
    void advance(std::chrono::nanoseconds time);
    /// What the plugins have logged, and what the server says of them; a line each.
    std::vector<std::string> log() const;
    DecisionTime decision_time() const;

private:
    std::shared_ptr<Impl> impl_;
};

/// One way in which bodies and decisions come.
struct TestCase {
    std::vector<std::size_t> cuts{};  // see TestRequest
    DecisionTime when = DecisionTime::as_it_comes;

    /// Whether what plugins decide later has counted: it came, and the exchange was there.
    bool decides() const noexcept { return when != DecisionTime::after_end && when != DecisionTime::never; }
};

/// Runs `test` with a chain of these plugins for each way to cut a body of so many bytes, and each of these with each
/// time at which decisions come. What it throws is thrown as a std::runtime_error whose text begins with the case: "cut
/// at 3 and 7, decisions twice: ...". A test calls this once in place of loops of its own.
FERROTUNNEL_EXPORT void for_each_case(const std::vector<PluginUse>& plugins, std::size_t body_size,
                                      const std::function<void(TestChain&, const TestCase&)>& test);
/// The same for questions of sessions, which have no bodies.
FERROTUNNEL_EXPORT void for_each_case(const std::vector<PluginUse>& plugins,
                                      const std::function<void(TestSessions&, const TestCase&)>& test);

}  // namespace ferrotunnel::plugin
