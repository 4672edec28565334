// Tests of plugins: a chain of plugins that runs as in a server, without sockets, threads or real time.
//
//    TestChain chain = TestChain::of<Hello>("{greeting: Good morning}");
//    TestExchange exchange = chain.request({.target = "/hello"});
//    assert(exchange.answered());
//    assert(exchange.answer().body == "Good morning\n");
//
// What a plugin sees, and what becomes of what it does, is decided by the code that servers run. What stands around the
// chain in a server is not here: routing, the service's own rules, pages' texts, the fields that every answer has, and
// who says what a body's framing is.
//
// A plugin that looks at bodies has to live with every way in which they come:
//
//    for (const auto& cuts : body_cuts(body.size())) {
//        TestExchange exchange = chain.request({.method = "POST", .body = body, .cuts = cuts});
//        assert(exchange.sent().body == expected);
//    }
//
// The server's clock, as plugins see it, stands still and is moved by TestChain::advance: do not run a Server in the
// same process at the same time. One thread uses a TestChain and its exchanges; the plugins' own threads may run beside
// it.
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

/// A request as a visitor sends it, and as the backend gets it.
struct TestRequest {
    std::string method = "GET";
    std::string target = "/";              // the path, with its query: "/a?b=c"
    std::string host = "app.example.com";  // in normal form, without port
    std::vector<Field> fields{};
    std::string body{};                 // passes those who look at it, make another one of it, or collect it
    std::vector<std::size_t> cuts{};    // the places, in order, at which it is cut into the pieces in which it comes
    std::string visitor = "192.0.2.1";  // the address that forwarding believes
    std::string service = "app";
    bool https = false;
    std::string token = "default";  // the name of the token whose client offers the service

    /// The value of the first field of that name, in whichever case it is written; nothing: there is none.
    FERROTUNNEL_EXPORT std::optional<std::string> field(std::string_view name) const;
};

/// An answer: a backend's, a plugin's, or what the visitor gets.
struct TestAnswer {
    std::uint16_t status = 200;
    std::vector<Field> fields{};
    std::string body{};
    std::vector<std::size_t> cuts{};  // as in TestRequest; what a plugin answers comes in one piece
    std::string code{};               // of a page, as X-FerroTunnel-Error has it: "plugin_failed"
    Origin origin = Origin::backend;

    FERROTUNNEL_EXPORT std::optional<std::string> field(std::string_view name) const;
};

/// Ways to cut a body: values of `cuts`.
using BodyCuts = std::vector<std::vector<std::size_t>>;

/// The most bytes of a body that a server gives a look or filter at once.
inline constexpr std::size_t test_piece_max = 16'376;

/// Ways to cut a body of so many bytes. Up to 8 bytes: all that there are. Up to 2,048: in one piece, at each place,
/// and into single bytes. Else in one piece, around the places that matter to a server, and 64 ways that depend on
/// `seed`. The end may come behind the last byte by itself.
FERROTUNNEL_EXPORT BodyCuts body_cuts(std::size_t size, std::uint64_t seed = 1);

/// When the decisions come that a plugin makes later (Exchange::later).
enum class DecisionTime : std::uint8_t {
    as_it_comes,  // when the plugin makes it; the test waits with TestExchange::wait
    early,        // it is there when the hook returns
    late,         // it comes a while after the hook has returned
    twice,        // it comes, and a second one after it
    after_end,    // it comes when the visitor has left: the exchange is over
    never,        // it does not come in time
};
/// All but the first: what a plugin has to be able to live with.
inline constexpr std::initializer_list<DecisionTime> decision_times{
    DecisionTime::early, DecisionTime::late, DecisionTime::twice, DecisionTime::after_end, DecisionTime::never};

class TestChain;

/// One request's way through a chain, and that of its answer. Ends before its chain does; destroying it closes it.
class FERROTUNNEL_EXPORT TestExchange {
public:
    class Impl;

    TestExchange(TestExchange&&) noexcept;
    TestExchange& operator=(TestExchange&&) noexcept;
    ~TestExchange();

    /// All plugins have let the request pass: the backend gets it.
    bool passed() const;
    /// The visitor is answered: by a plugin, or by the backend when respond() was called.
    bool answered() const;
    /// A plugin decides later.
    bool waits() const;
    /// The exchange is over, and nobody was answered.
    bool over() const;
    /// A plugin has failed on the answer's body: the visitor gets what answer() has, and then no end.
    bool cut() const;

    /// Waits, in real time, until no plugin owes a decision any more. Throws std::runtime_error where none comes within
    /// half a minute.
    void wait();

    /// The request as the backend gets it, with the body that it gets; when it has passed.
    TestRequest sent() const;
    /// The backend answers, when the request has passed.
    void respond(const TestAnswer& answer = {});
    /// The answer as the visitor gets it; when there is one.
    TestAnswer answer() const;
    /// A note that plugins have made, like "auth.subject"; empty: there is none.
    std::string note(std::string_view name) const;

    /// The exchange ends: plugins hear of it, once. Before there is an answer: the visitor has left.
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

    /// Throws std::invalid_argument with what is wrong with them, as `ferrotunnel check` would tell it. Where and when
    /// each runs (`hosts`, `paths`, `services`, `when`) is decided for each request as in a server.
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
    /// What is wrong with settings of the class, a line each: "request.set: has ..."; empty: nothing.
    template <typename Class>
    static std::string problems(std::string settings) {
        return problems_of(use<Class>(std::move(settings)));
    }

    /// Begins an exchange with this request. With a DecisionTime other than as_it_comes the decisions that plugins owe
    /// are waited for, and come as that says. Throws std::invalid_argument for a request that no server takes.
    TestExchange request(const TestRequest& request = {});

    /// Moves the clock. A plugin that has not decided in time has failed.
    void advance(std::chrono::nanoseconds time);
    /// What the plugins have logged, and what the server says of them; a line each.
    std::vector<std::string> log() const;
    DecisionTime decision_time() const;

private:
    static std::string problems_of(const PluginUse& plugin);

    std::shared_ptr<Impl> impl_;
};

}  // namespace ferrotunnel::plugin
