// The seam between an exchange and plugins: what an exchange calls, and what it is asked. lib/plugin implements it, and
// the exchange knows nothing else of plugins.
//
//   begin --> request --go_on--> (backend) --> response --go_on--> visitor        close, exactly once
//                |  '--answer--> the exchange answers with reply(), which passes response() too
//                '--wait--> on_decision or expire(), then request() once more
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/edits.hpp"
#include "http/head.hpp"
#include "http/page.hpp"

namespace ferrotunnel::hooks {

/// What the plugins have come to, for the phase that was asked for.
enum class Step : std::uint8_t {
    go_on,   // all have let it pass
    answer,  // the visitor is answered with reply() instead
    wait,    // one of them decides later
};

/// Who has made an answer.
enum class Origin : std::uint8_t { backend, plugin, edge };

/// What is known of a request besides its head. The texts have to live as long as the exchange; `visitor` is copied.
struct RequestInfo {
    std::string_view host;     // in normal form
    std::string_view visitor;  // the address that forwarding believes
    std::string_view service;
    std::string_view id;
    bool https = false;
};

/// The head of an answer as the visitor would get it: `fields` with the changes in `edits`. Good for one call.
struct AnswerView {
    std::uint16_t status = 0;
    Origin origin = Origin::backend;
    const http::Fields* fields = nullptr;  // null: all fields are in `edits`
    const http::Edits* edits = nullptr;
};

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
    /// A decision has come that a run had waited for: ask for the same phase once more. Never from within a call of the
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
    /// That time has passed: the plugin has failed. Ask for the phase once more.
    virtual void expire() noexcept = 0;
    /// After `answer`; the exchange takes it.
    virtual Reply take_reply() noexcept = 0;

    /// Makes `head` the request's, with the target as plugins have changed it. Views point into the run.
    virtual void restore(http::RequestHead& head) const noexcept = 0;
    virtual bool changes_target() const noexcept = 0;
    /// Adds the changes to the heads. False: there is no room for all of them.
    virtual bool put_request(http::Edits& edits) const noexcept = 0;
    virtual bool put_response(http::Edits& edits) const noexcept = 0;

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
