// One request and its response: finds the service, takes or opens a connection to the backend, sends the request and
// reads the response. It does not depend on the connection that brought the request (HTTP/1.1, or a stream of HTTP/2),
// which feeds it the body and takes the response from it, each as fast as it can.
//
//   begin --no client--> on_hold --it is back--> begin; --timeout--> page (likewise if it leaves in `opening`:
//     |                                                   then --another service replaces it--> page as well)
//     |--another member's visitor, no client here--> elsewhere
//     '--no route--> page -----------------------------------------------------------.
//     '--service--> opening --stream--> waiting --head--> answering --end--> done <---'
//                      ^  '---fails---.     |   '--101--> switched --both ends--> done
//                      '-- again --'    '-- fails before the head: page; after it: broken
//
// With plugins the request is `held` before `opening` until they have decided, and a response is `held_head` (from the
// backend) or `held_page` (from the edge) before its head is given out; in `gathering` they need the body first:
//
//   begin --> held --go_on--> opening        waiting --> held_head --go_on--> answering      page_head --> held_page
//              '--answer--> page                 '--> gathering --^ '--answer--> page_head       '--> page_body
//
// A request is sent again only if it surely was not acted on, since a reset reports that nothing of it was delivered,
// or if a second time does no harm: its method may be repeated, and the stream was an old one that the
// backend was probably about to close, or its trunk was lost (failure.hpp, retries.hpp). Never after a byte of the
// response.
//
// A request for a service of another member of the cluster passes unchanged. If that member answers "not here", it goes
// to another one, or waits for a change; if a client of this server has the service by then, it begins again.
//
// This class has the phase, receives every event, passes it to a part, and carries out what the part returns. The parts
// know neither it nor its phase (docs/architecture/exchange.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "exchange/answer.hpp"
#include "exchange/backend_stream.hpp"
#include "exchange/backend_timer.hpp"
#include "exchange/connect_limiter.hpp"
#include "exchange/download.hpp"
#include "exchange/exchange_plugins.hpp"
#include "exchange/exchange_record.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/failure.hpp"
#include "exchange/hold_queue.hpp"
#include "exchange/local_answer.hpp"
#include "exchange/placement.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/request_hold.hpp"
#include "exchange/request_sender.hpp"
#include "exchange/response_reader.hpp"
#include "exchange/retries.hpp"
#include "exchange/rewriting.hpp"
#include "exchange/upload.hpp"
#include "exchange/visitor_facts.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::exchange {

/// The owner of an exchange: the connection or stream that brought the request.
class ExchangeOwner {
public:
    /// Called when the exchange accepts the body again, or has more of the response. May be called from within calls of
    /// the exchange.
    virtual void on_exchange() noexcept = 0;

protected:
    ~ExchangeOwner() = default;
};

class HttpExchange final : private BackendUser,
                           private runtime::Deadline,
                           private ConnectWaiter,
                           private HoldWaiter,
                           private hooks::RunOwner {
public:
    HttpExchange(ExchangeWorker& edge, const VisitorFacts& visitor, ExchangeOwner& owner);
    /// Aborts everything that is not complete.
    ~HttpExchange();

    // There is one exchange for every request, so their memory is kept per thread.
    static void* operator new(std::size_t bytes);
    static void operator delete(void* memory) noexcept;

    /// Begins with a request; `head` is needed for this call only.
    void begin(const http::RequestHead& head);
    /// Called instead of `begin`: the request broke the rules, or did not arrive in time. May also follow `begin` as
    /// long as the visitor has not received a head of the response; the backend's part is then aborted.
    void refuse(http::PageState state, std::string_view code, std::string_view why, http::Method method);

    // --- the request's body ---

    /// Whether a piece of the body is accepted now. False: on_exchange follows when it is.
    bool accepts_body();
    /// How much one read for the body should bring at most, and whether data sent now may have to wait for the trunk.
    std::uint32_t read_size_max() const noexcept { return stream() ? stream()->read_size_max() : UINT32_MAX; }
    bool is_trunk_behind() const noexcept { return stream() && stream()->is_trunk_behind(); }
    /// Whether body() may be called several times after one accepts_body().
    bool accepts_bulk() const noexcept { return !upload_.is_with_plugins(); }
    /// Takes a piece of at most limits::data_payload_max bytes, see mux::Stream::send. Only when accepts_body() is
    /// true.
    void body(buffer::Slice payload, bool headroom);
    /// No more of the body has arrived for now.
    void pause_body() { carry_out(upload_.pause()); }
    void body_end(const http::Fields* trailers);
    /// Whether the request is complete and no part of it waits to be sent. Also true if it is not sent anywhere any
    /// more.
    bool is_request_sent() const noexcept { return upload_.is_sent(); }
    /// Whether the visitor may pause within the body for any time: it waits for a stream, for room or for 100
    /// (Continue), its response has begun, or its body is a stream of messages (streaming_type.hpp).
    bool allows_body_pause() const noexcept;

    // --- the response ---

    Answer next();
    /// True after a 101: body and data are then the bytes that visitor and backend exchange.
    bool switched() const noexcept { return phase_ == Phase::switched; }
    /// Whether a head of the response was given out, interim ones excluded; a failure can then only produce `broken`.
    bool answered() const noexcept { return record_.has_answer(); }
    /// Ends an exchange whose request cannot continue after the response has begun.
    void give_up(std::string_view why) { (void)cut(why); }
    /// The visitor has reset the request; a backend that speaks HTTP/2 receives this code (wire/http2_code.hpp).
    void on_visitor_reset(wire::Code code) noexcept { abort_code_ = code; }
    /// Sends what body() received in this round.
    void flush() { sender_.flush(); }
    /// The last chunk of the response with these trailers, under the service's rules; valid until another head is
    /// written.
    std::string_view answer_trailers(const http::Fields& trailers);

    /// Whether a backend or a plugin has received the request, or it is answered here.
    enum class Effect : std::uint8_t {
        none,
        possible,  // the client can still reject the connection, with nothing of the request read
        certain
    };
    Effect effect() const noexcept {
        if (plugins_.run() != nullptr || placement_.has_reached_backend()) {
            return Effect::certain;
        }
        if (phase_ == Phase::on_hold || phase_ == Phase::opening || phase_ == Phase::elsewhere) {
            return Effect::none;
        }
        const bool awaits_client = phase_ == Phase::waiting && stream() && !stream()->connected();
        return awaits_client ? Effect::possible : Effect::certain;
    }

    http::Method method() const noexcept { return request_.context.method; }
    const HttpServiceSettings& settings() const noexcept { return request_.settings; }

private:
    enum class Phase : std::uint8_t {
        on_hold,  // waiting for a client of the service
        held,     // a plugin has not decided on the request
        opening,
        waiting,
        gathering,  // a plugin needs the body of the backend's response before it decides on the head
        held_head,  // a plugin has not decided on the head of the backend's response
        answering,
        switched,
        page_head,
        held_page,  // a plugin has not decided on the head of a local response
        page_body,
        done,
        broken,
        elsewhere  // the request of another member's visitor has no service here
    };

    // Events, from the connection to the backend, the queue for one, services, time and plugins.
    void on_backend_event() noexcept override;
    std::shared_ptr<shaping::VisitorShape> shape_of_visitor(
        const std::shared_ptr<shaping::ServiceShape>& service) override;
    void on_connect_turn() noexcept override;
    void on_change() noexcept override;
    void on_deadline() noexcept override;
    void on_decision() noexcept override;
    bool is_same_service(std::string_view path) const noexcept override;
    template <typename Action>
    void handle(Action action) noexcept;

    // The request (http_exchange.cpp).
    void enter(Phase next) noexcept;
    const IntrusivePtr<BackendStream>& stream() const noexcept { return placement_.stream(); }
    void arrive(const http::RequestHead& head);
    void run_request_hooks(const IncomingRequest& arrival);
    void resume_request_hooks();
    void forward(const IncomingRequest& arrival);
    bool wait_for_successor();
    Placement::Retry continue_on_other_carrier();
    void start_sending();
    void drop_backend() noexcept;
    void carry_out(Placement::Result result);
    void carry_out(Upload::Result result);
    void fail(const Failure& failure);
    void check_deadline();
    void check_backend();

    // The response (http_exchange_answer.cpp).
    Answer next_piece();
    Answer next_head();
    bool read_head(const mux::StreamItem& item);
    Answer produce_head();
    bool plugins_pass(const hooks::AnswerView& answer, Phase held, http::Edits& edits);
    Answer next_gathered();
    Answer produce_piece(AnswerPiece piece);
    Answer end_body();
    Answer cut(std::string_view why, wire::Code code = wire::Code::none);
    template <typename Content>
    void answer_locally(Content&& content);
    Answer produce_page_head();
    Answer produce_page_body();

    ExchangeOwner& owner_;
    RequestFacts request_;
    const ExchangeContext at_;

    // The parts; each uses only those above it.
    ExchangeRecord record_{at_};
    BackendTimer timer_{at_, *this};
    RequestHold hold_{{at_, *this, *this}};
    Rewriting rewriting_;
    ResponseReader response_;
    LocalAnswer local_{at_};
    ExchangePlugins plugins_{{at_, record_, *this}};
    Placement placement_{{at_, record_, timer_, *this, *this}};
    RequestSender sender_{at_, placement_.stream()};
    Upload upload_{at_, sender_, plugins_.run()};
    Download download_{{response_, placement_.stream(), plugins_.run()}};
    Retries retries_{{at_, sender_, placement_, response_}};

    Phase phase_ = Phase::opening;
    bool handling_ = false;                          // see handle()
    wire::Code cut_code_ = wire::Code::none;         // the code of the backend's reset of its response
    wire::Code abort_code_ = wire::Code::cancelled;  // the code that the backend receives when the visitor is gone
};

// Begins a response that is not the backend's: the request is not needed any more, and plugins' changes to an earlier
// response are discarded.
template <typename Content>
void HttpExchange::answer_locally(Content&& content) {
    Deadline::cancel();
    sender_.forget_copy();
    if (plugins_.run()) {
        upload_.drop();
        download_.drop();
        plugins_.drop_answer();
    }
    enter(Phase::page_head);
    local_.set(std::forward<Content>(content));
}

}  // namespace ferrotunnel::exchange
