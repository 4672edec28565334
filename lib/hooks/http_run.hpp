// The interface between exchanges and plugins. lib/plugin implements it; exchanges have no other dependency on plugins.
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

#include "base/client_certificate.hpp"
#include "base/clock.hpp"
#include "buffer/slab.hpp"
#include "http/edits.hpp"
#include "http/head.hpp"
#include "http/page.hpp"

namespace ferrotunnel::hooks {

/// The result of the plugins for a phase.
enum class Step : std::uint8_t {
    go_on,    // all let it pass
    answer,   // the visitor gets reply() instead
    wait,     // one of them decides later
    collect,  // one of them decides when the body of the phase's message is complete
};

/// The side of an exchange.
enum class Side : std::uint8_t { request, response };

/// The origin of a response.
enum class Origin : std::uint8_t { backend, plugin, edge };

/// Notes of plugins, name and value. A later note of a name hides an earlier one.
using Notes = std::vector<std::pair<std::string, std::string>>;

/// Information about a request besides its head. The texts must live as long as the exchange; `visitor` is copied.
struct RequestInfo {
    std::string_view host;     // in normal form
    std::string_view visitor;  // the visitor's trusted address
    std::string_view service;
    std::string_view id;
    bool https = false;
    const Notes* notes = nullptr;                    // of the service's registration; null: none
    std::string_view token{};                        // the name of the token whose client offers the service
    const ClientCertificate* certificate = nullptr;  // the visitor's; null: none
};

/// The head of a response as the visitor would receive it: `fields` with the changes in `edits`. Valid for one call.
struct AnswerView {
    std::uint16_t status = 0;
    Origin origin = Origin::backend;
    const http::Fields* fields = nullptr;  // null if all fields are in `edits`
    const http::Edits* edits = nullptr;
    bool switches = false;  // to another protocol: the following bytes are not a body
};

/// The path of one body through the plugins that requested it. Lives on the worker.
class BodyFilters {
public:
    enum class State : std::uint8_t { open, ended, failed };

    virtual ~BodyFilters() = default;
    /// Whether the output may differ from the input. False: the pieces are only observed.
    virtual bool changes() const noexcept = 0;
    /// Shows a piece to observers, if changes() is false. `last`: no piece follows.
    virtual void observe(std::string_view piece, bool last) noexcept = 0;
    /// Whether it accepts a piece; otherwise output must be taken first.
    virtual bool accepts() const noexcept = 0;
    /// Adds a piece, if changes() is true. `last`: no piece follows, not even an empty one.
    virtual void put(std::string_view piece, bool last) = 0;
    /// Requests output of held-back bytes, since no more input is available for now. False if nothing is held back.
    virtual bool flush() = 0;
    /// The next piece of at most limits::data_payload_max bytes, with room for a frame's header before it. Empty if
    /// there is none now; see state().
    virtual buffer::Slice take() = 0;
    /// `ended`: all output was taken. `failed`: the message cannot be completed.
    virtual State state() const noexcept = 0;
};

/// The result of collecting a piece of a body.
enum class Collected : std::uint8_t { kept, too_large, no_room };

/// The response of a plugin: a page of the operator, or its own response.
struct Reply {
    std::optional<http::PageState> page;
    std::string code;          // for X-FerroTunnel-Error, if it is more specific than the page's
    std::string why;           // for the log
    std::uint16_t status = 0;  // without a page
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
};

/// The result of an exchange.
struct Outcome {
    std::uint16_t status = 0;  // 0 if nothing was sent
    bool complete = false;
    std::uint64_t request_bytes = 0;  // of the bodies
    std::uint64_t response_bytes = 0;
    Duration duration{};
};

/// What an HttpRun calls on the exchange that owns it. Called on the worker.
class RunOwner {
public:
    /// A pending decision was made: call the same phase again. Never called from within a call of the run.
    virtual void on_decision() noexcept = 0;
    /// Whether a request for this path would reach the same service.
    virtual bool is_same_service(std::string_view path) const noexcept = 0;

protected:
    ~RunOwner() = default;
};

/// The run of one exchange through the plugins. Lives on the worker; destroying it ends every wait.
class HttpRun {
public:
    virtual ~HttpRun() = default;

    /// Continues the request phase. Must not be called again after `go_on` or `answer`.
    virtual Step request(TimePoint now) noexcept = 0;
    /// Continues the response phase with the head of a response, in reverse order through the plugins that got the
    /// request. After `answer` the new response passes it as well.
    virtual Step response(const AnswerView& answer, TimePoint now) noexcept = 0;
    /// The response of a waiting phase is replaced by another one: changes made to it are dropped.
    virtual void drop_answer() noexcept = 0;
    /// The deadline of a decision, after `wait`.
    virtual TimePoint wait_until() const noexcept = 0;
    /// The deadline has passed, so the plugin has failed. Call the phase again.
    virtual void expire() noexcept = 0;
    /// After `answer`: returns and clears the response.
    virtual Reply take_reply() noexcept = 0;

    /// Sets `head` to the request's, with the target changed by plugins. Views point into the run.
    virtual void restore(http::RequestHead& head) const noexcept = 0;
    virtual bool changes_target() const noexcept = 0;
    /// Adds the changes to the heads. False if they exceed the limits.
    virtual bool put_request(http::Edits& edits) const noexcept = 0;
    virtual bool put_response(http::Edits& edits) const noexcept = 0;

    // --- bodies ---

    // Collected is the body of the message whose phase was called last.

    /// After `collect`: the maximum size of the body.
    virtual std::size_t collect_max() const noexcept = 0;
    /// Adds a piece to the collected body.
    virtual Collected collect(std::string_view piece) noexcept = 0;
    /// The body is complete: call the phase again.
    virtual void collect_end() noexcept = 0;
    /// The body cannot be collected, so the plugin has failed. Call the phase again. `why` must live until then.
    virtual void collect_failed(std::string_view why) noexcept = 0;
    /// The collected body of a side, valid until drop_collected(); empty if there is none. The response's ends with
    /// drop_answer().
    virtual std::string_view collected(Side side) const noexcept = 0;
    virtual void drop_collected(Side side) noexcept = 0;
    /// The path of a side's body, after `go_on`; null if no plugin requested it. The response's ends with
    /// drop_answer().
    virtual BodyFilters* body(Side side) noexcept = 0;

    /// Reports the result of the exchange to the plugins. The run is only destroyed after this.
    virtual void close(const Outcome& outcome) noexcept = 0;
};

/// The plugins for HTTP on one worker.
class HttpHooks {
public:
    virtual ~HttpHooks() = default;

    /// A run for a request; null if no plugin runs for it. `head` is needed for this call only.
    virtual std::unique_ptr<HttpRun> begin(const http::RequestHead& head, const RequestInfo& info, RunOwner& owner) = 0;
};

}  // namespace ferrotunnel::hooks
