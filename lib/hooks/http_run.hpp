// The seam between an exchange and plugins: what an exchange calls, and what it is asked. lib/plugin implements it, and
// the exchange knows nothing else of plugins.
//
//   begin --> request --go_on--> (backend) --> response --go_on--> visitor        close, exactly once
//                |  '--answer--> the exchange answers with reply(), which passes response() too
//                '--wait--> on_decision or expire(), then request() again
//                '--collect--> collect() with the body, collect_end(), then request() again
//
// wait and collect of the response are like those of the request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "buffer/slab.hpp"
#include "http/edits.hpp"
#include "http/head.hpp"
#include "http/page.hpp"

namespace ferrotunnel::hooks {

/// What the plugins have come to, for the phase that was asked for.
enum class Step : std::uint8_t {
    go_on,    // all have let it pass
    answer,   // the visitor is answered with reply() instead
    wait,     // one of them decides later
    collect,  // one of them decides when the body of the phase's message is there
};

/// The side of an exchange.
enum class Side : std::uint8_t { request, response };

/// Who has made an answer.
enum class Origin : std::uint8_t { backend, plugin, edge };

/// What plugins have noted, name and value. A later note of a name hides an earlier one.
using Notes = std::vector<std::pair<std::string, std::string>>;

/// What is known of a request besides its head. The texts have to live as long as the exchange; `visitor` is copied.
struct RequestInfo {
    std::string_view host;     // in normal form
    std::string_view visitor;  // the address that forwarding believes
    std::string_view service;
    std::string_view id;
    bool https = false;
    const Notes* notes = nullptr;  // of the service's registration; null: none
    std::string_view token{};      // the name of the token whose client offers the service
};

/// The head of an answer as the visitor would get it: `fields` with the changes in `edits`. Good for one call.
struct AnswerView {
    std::uint16_t status = 0;
    Origin origin = Origin::backend;
    const http::Fields* fields = nullptr;  // null: all fields are in `edits`
    const http::Edits* edits = nullptr;
    bool switches = false;  // to another protocol: what follows is not a body
};

/// The way of one body through the plugins that have asked for it. On the worker.
class BodyWay {
public:
    enum class State : std::uint8_t { open, ended, failed };

    virtual ~BodyWay() = default;
    /// Whether what comes out may differ from what goes in. False: the pieces only have to be shown.
    virtual bool changes() const noexcept = 0;
    /// Shows a piece, where nothing changes it. `last`: nothing follows.
    virtual void look(std::string_view piece, bool last) noexcept = 0;
    /// Whether it takes a piece; otherwise something has to be taken out first.
    virtual bool takes() const noexcept = 0;
    /// Takes a piece, where something changes it. `last`: nothing follows, not even an empty piece.
    virtual void put(std::string_view piece, bool last) = 0;
    /// Nothing more is there to be put for now: what is held back should come out. False: nobody holds anything back.
    virtual bool flush() = 0;
    /// The next piece of at most limits::data_payload_max bytes, with room for a frame's header before it. Empty: there
    /// is none now, and the state says why.
    virtual buffer::Slice take() = 0;
    /// `ended`: all has come out. `failed`: the message cannot be completed.
    virtual State state() const noexcept = 0;
};

/// What became of a piece of a body that is collected.
enum class Collected : std::uint8_t { kept, too_large, no_room };

/// What a plugin answers instead: a page of the operator's, or an answer of its own.
struct Reply {
    std::optional<http::PageState> page;
    std::string code;          // for X-FerroTunnel-Error, where it is more exact than the page's
    std::string why;           // for the log
    std::uint16_t status = 0;  // without a page
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
};

/// How an exchange has ended.
struct Outcome {
    std::uint16_t status = 0;  // 0: nothing was sent
    bool complete = false;
    std::uint64_t request_bytes = 0;  // of the bodies
    std::uint64_t response_bytes = 0;
    Duration duration{};
};

/// The exchange, as its run sees it. On the worker.
class RunOwner {
public:
    /// A decision has come that a run had waited for: ask for the same phase again. Never from within a call of the
    /// run.
    virtual void on_decision() noexcept = 0;
    /// Whether a request for this path would reach the same service.
    virtual bool is_same_service(std::string_view path) const noexcept = 0;

protected:
    ~RunOwner() = default;
};

/// One exchange's way through the plugins. On the worker; destroying it ends every wait.
class HttpRun {
public:
    virtual ~HttpRun() = default;

    /// Takes the request on from where it was. After `go_on` and `answer` it is not asked again.
    virtual Step request(TimePoint now) noexcept = 0;
    /// Takes the head of an answer on from where it was, backwards through those that have seen the request. After
    /// `answer` the new answer comes here as well.
    virtual Step response(const AnswerView& answer, TimePoint now) noexcept = 0;
    /// The answer that this phase waits for has gone, and another takes its place: changes made to it are forgotten.
    virtual void drop_answer() noexcept = 0;
    /// The time by which a decision has to be there, after `wait`.
    virtual TimePoint wait_until() const noexcept = 0;
    /// That time has passed: the plugin has failed. Ask for the phase again.
    virtual void expire() noexcept = 0;
    /// After `answer`; the exchange takes it.
    virtual Reply take_reply() noexcept = 0;

    /// Makes `head` the request's, with the target as plugins have changed it. Views point into the run.
    virtual void restore(http::RequestHead& head) const noexcept = 0;
    virtual bool changes_target() const noexcept = 0;
    /// Adds the changes to the heads. False: there is no room for all of them.
    virtual bool put_request(http::Edits& edits) const noexcept = 0;
    virtual bool put_response(http::Edits& edits) const noexcept = 0;

    // --- bodies ---

    // What is collected is the body of the message whose phase was asked for last.

    /// After `collect`: the most that is wanted of the body.
    virtual std::size_t collect_max() const noexcept = 0;
    /// Adds a piece to the body that is collected.
    virtual Collected collect(std::string_view piece) noexcept = 0;
    /// The body is complete: ask for the phase again.
    virtual void collect_end() noexcept = 0;
    /// The body cannot be collected: the plugin that wants it has failed. Ask for the phase again. `why` has to
    /// live until then.
    virtual void collect_failed(std::string_view why) noexcept = 0;
    /// What was collected of a side's body, good until drop_collected(); empty where nothing was. The response's ends
    /// with drop_answer().
    virtual std::string_view collected(Side side) const noexcept = 0;
    virtual void drop_collected(Side side) noexcept = 0;
    /// The way of a side's body, after `go_on`; null: nobody has asked for it. The response's ends with drop_answer().
    virtual BodyWay* body(Side side) noexcept = 0;

    /// Tells the plugins how the exchange has ended. The run is only destroyed after this.
    virtual void close(const Outcome& outcome) noexcept = 0;
};

/// The plugins for HTTP on one worker.
class HttpHooks {
public:
    virtual ~HttpHooks() = default;

    /// A run for a request; null: no plugin looks at it. `head` is needed for this call only.
    virtual std::unique_ptr<HttpRun> begin(const http::RequestHead& head, const RequestInfo& info, RunOwner& owner) = 0;
};

}  // namespace ferrotunnel::hooks
