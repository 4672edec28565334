// Tests of plugins: a chain of plugins that runs as in a server, without sockets, threads or real time.
//
//    TestChain chain = TestChain::of<Hello>("{greeting: Good morning}");
//    TestExchange exchange = chain.request({.target = "/hello"});
//    assert(exchange.answered());
//    assert(exchange.answer().body == "Good morning\n");
//
// The code that servers run decides what a plugin sees and what its actions do. The parts of a server around the chain
// are missing: routing, the service's own rules, texts of pages, fields that every response has, and the framing of
// bodies.
//
// A plugin that reads bodies must work for every way in which they are cut into pieces:
//
//    for (const auto& cuts : body_cuts(body.size())) {
//        TestExchange exchange = chain.request({.method = "POST", .body = body, .cuts = cuts});
//        assert(exchange.sent().body == expected);
//    }
//
// The server's clock for plugins stands still and is moved by TestChain::advance: do not run a Server in the same
// process at the same time. One thread uses a TestChain and its exchanges; the plugins' own threads may run beside it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_use.hpp"

namespace ferrotunnel::plugin {

/// A request as a visitor sends it, or as the backend receives it.
struct TestRequest {
    std::string method = "GET";
    std::string target = "/";              // the path, with its query: "/a?b=c"
    std::string host = "app.example.com";  // in normal form, without port
    std::vector<Field> fields{};
    std::string body{};                 // passes plugins that observe, transform or collect it
    std::vector<std::size_t> cuts{};    // the offsets, in order, at which it is cut into pieces
    std::string visitor = "192.0.2.1";  // the visitor's trusted address
    std::string service = "app";
    bool https = false;
    std::string token = "default";  // the name of the token whose client offers the service
    /// The visitor's client certificate, see Exchange; without a fingerprint there is none.
    std::string client_certificate_subject{};
    std::string client_certificate_names{};
    std::string client_certificate_fingerprint{};

    /// The value of the first field of that name, ignoring case; empty if there is none.
    FERROTUNNEL_EXPORT std::optional<std::string> field(std::string_view name) const;
};

/// A response: a backend's, a plugin's, or the one that the visitor receives.
struct TestAnswer {
    std::uint16_t status = 200;
    std::vector<Field> fields{};
    std::string body{};
    std::vector<std::size_t> cuts{};  // as in TestRequest; a plugin's response is one piece
    std::string code{};               // of a page, as in X-FerroTunnel-Error: "plugin_failed"
    Origin origin = Origin::backend;

    FERROTUNNEL_EXPORT std::optional<std::string> field(std::string_view name) const;
};

/// Ways to cut a body: values of `cuts`.
using BodyCuts = std::vector<std::vector<std::size_t>>;

/// The maximum size of a piece that a server passes to an observer or filter.
inline constexpr std::size_t test_piece_max = 16'376;

/// Ways to cut a body of this size. Up to 8 bytes: all of them. Up to 2,048: in one piece, at each offset, and into
/// single bytes. Otherwise in one piece, around the offsets that matter to a server, and 64 ways that depend on `seed`.
/// The end may arrive separately after the last byte.
FERROTUNNEL_EXPORT BodyCuts body_cuts(std::size_t size, std::uint64_t seed = 1);

/// When the later decisions of a plugin arrive (Exchange::later).
enum class DecisionTime : std::uint8_t {
    as_it_comes,  // when the plugin makes them; the test waits with TestExchange::wait
    early,        // before the hook returns
    late,         // some time after the hook has returned
    twice,        // followed by a second decision
    after_end,    // after the visitor has left and the exchange is over
    never,        // not in time
};
/// All but the first: the cases that a plugin must handle.
inline constexpr std::initializer_list<DecisionTime> decision_times{
    DecisionTime::early, DecisionTime::late, DecisionTime::twice, DecisionTime::after_end, DecisionTime::never};

class TestChain;

/// One request and its response on their way through a chain. Must be destroyed before its chain; destroying it closes
/// it.
class FERROTUNNEL_EXPORT TestExchange {
public:
    class Impl;

    TestExchange(TestExchange&&) noexcept;
    TestExchange& operator=(TestExchange&&) noexcept;
    ~TestExchange();

    /// Whether all plugins let the request pass, so that the backend receives it.
    bool passed() const;
    /// Whether there is a response: of a plugin, or of the backend after respond().
    bool answered() const;
    /// Whether a plugin decides later.
    bool waits() const;
    /// Whether the exchange is over without a response.
    bool over() const;
    /// Whether a plugin failed in the response's body: the visitor gets the part in answer(), cut off.
    bool cut() const;

    /// Waits, in real time, until no decision of a plugin is pending. Throws std::runtime_error after half a minute.
    void wait();

    /// The request with its body as the backend receives it; only after it has passed.
    TestRequest sent() const;
    /// Makes the backend respond, after the request has passed.
    void respond(const TestAnswer& answer = {});
    /// The response as the visitor receives it, if there is one.
    TestAnswer answer() const;
    /// A note set by plugins, like "auth.subject"; empty if there is none.
    std::string note(std::string_view name) const;

    /// Ends the exchange; plugins are notified once. Before a response this means that the visitor has left.
    void close();

private:
    friend class TestChain;
    explicit TestExchange(std::shared_ptr<Impl> impl) noexcept;
    Impl& impl() const;

    std::shared_ptr<Impl> impl_;
};

/// A chain of plugins. Its instances are made and started with it, and stopped and destroyed with it.
class FERROTUNNEL_EXPORT TestChain {
public:
    class Impl;

    /// Throws std::invalid_argument with the problems that `ferrotunnel check` would report. Where and when each plugin
    /// runs (`hosts`, `paths`, `services`, `when`) is decided for each request as in a server.
    explicit TestChain(const std::vector<PluginUse>& plugins, DecisionTime when = DecisionTime::as_it_comes);
    TestChain(TestChain&&) noexcept;
    TestChain& operator=(TestChain&&) noexcept;
    ~TestChain();

    /// A chain of one instance of the class.
    template <typename Class>
    static TestChain of(std::string settings = {}, DecisionTime when = DecisionTime::as_it_comes) {
        return TestChain({use<Class>(std::move(settings))}, when);
    }
    /// An instance of the class for a chain.
    template <typename Class>
    static PluginUse use(std::string settings = {}) {
        PluginUse made;
        made.library = &library<Class>;
        made.settings = std::move(settings);
        return made;
    }
    /// The problems of settings of the class, one per line: "request.set: has ..."; empty if there are none.
    template <typename Class>
    static std::string problems(std::string settings) {
        return problems_of(use<Class>(std::move(settings)));
    }

    /// Begins an exchange with this request. With a DecisionTime other than as_it_comes it waits for pending decisions
    /// and delivers them at the time it names. Throws std::invalid_argument for a request that servers reject.
    TestExchange request(const TestRequest& request = {});

    /// Advances the clock. A plugin whose decision is overdue then fails, as at a server.
    void advance(std::chrono::nanoseconds time);
    /// The log lines of the plugins, and of the server about them.
    std::vector<std::string> log() const;
    DecisionTime decision_time() const;

private:
    static std::string problems_of(const PluginUse& plugin);

    std::shared_ptr<Impl> impl_;
};

}  // namespace ferrotunnel::plugin
