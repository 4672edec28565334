// One request and its answer: finds the service, takes or opens a stream to the backend, sends the request again and
// reads the response. It knows nothing of the connection that brought the request (of HTTP/1.1, or a stream of HTTP/2),
// which feeds it the body and takes the answer out of it, each as fast as it can.
//
//   begin --no client--> on_hold --it is back--> begin; --the time is over--> page (so with one that goes in `opening`:
//     |                                                   then --another service has the place--> page as well)
//     '--no route--> page -----------------------------------------------------------.
//     '--service--> opening --stream--> waiting --head--> answering --end--> done <---'
//                      ^  '---fails---.     |   '--101--> switched --both ends--> done
//                      '-- again --'    '-- fails before the head: page; after it: broken
//
// A request is sent again only when it surely was not acted on, since a reset says that nothing of it was
// delivered, or when a second time does no harm: its method may be repeated, and the stream was an old one that the
// backend was probably about to close. Never after a byte of the answer.
//
// Where there are plugins, they are asked before `opening`, and before the head of an answer or page is given out. One
// of them may decide later, or when the body is there: the exchange is `held` (and the like) then, and continues from
// there. Where
// plugins look at a body it goes by their run (http_exchange_bodies.cpp); others are touched by none of this.
//
// This class has the order of things and whatever takes time. The rest is in parts that know nothing of it: what a
// request passes before its backend (stages.hpp), its head as the backend gets it and the answer's as the visitor does
// (rewriting.hpp), the copy of the request (kept_request.hpp), the reading of the answer (response_reader.hpp), why
// there is none (failure.hpp), what the edge answers instead (local_answer.hpp), and the line in the log
// (access_line.hpp). Only the reading of the answer touches the backend's stream. The parts share the facts of request
// and visitor, the types of stages.hpp, the room for heads, and add_hsts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/access_line.hpp"
#include "exchange/backend_stream.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/failure.hpp"
#include "exchange/hold_line.hpp"
#include "exchange/kept_request.hpp"
#include "exchange/local_answer.hpp"
#include "exchange/open_gate.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/response_reader.hpp"
#include "exchange/rewriting.hpp"
#include "exchange/visitor_facts.hpp"
#include "hooks/http_run.hpp"
#include "http/head.hpp"
#include "http/kept_head.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::exchange {

/// The owner of an exchange: whoever brought the request.
class ExchangeOwner {
public:
    /// Called when the exchange takes the body again, or has more of the answer: look at it. May come from within calls
    /// of the exchange.
    virtual void on_exchange() noexcept = 0;

protected:
    ~ExchangeOwner() = default;
};

/// A piece of an answer. The pieces come in this order: interim heads, the head, data, the end.
struct Answer {
    enum class Kind : std::uint8_t {
        nothing,  // for now; on_exchange follows
        later,    // there is more, and it takes time to make: others should have a turn before it is asked for
        interim,  // 1xx
        head,     // 101 too: what follows is then data of another protocol
        data,
        end,
        broken,  // the answer had begun, and cannot be completed: it must not look complete
    } kind = Kind::nothing;

    // For heads. `head` is good until the next call; without it the answer is the edge's own. `edits` are the worker's:
    // good until any exchange of this worker begins, has a head taken from it, or writes trailers. An interim head of
    // the edge's own has neither.
    const http::ResponseHead* head = nullptr;
    const http::Edits* edits = nullptr;
    std::uint16_t status = 0;
    http::Body body;
    std::optional<std::uint64_t> content_length;  // for a body that is not sent: HEAD
    bool length_is_unknown = false;               // whatever `head` and `body` say: plugins make another body of it
    /// gRPC's "trailers-only": there is no body, and by HTTP/2 every field of the head is metadata of the call.
    bool is_trailers_only = false;
    buffer::Slice data;                      // for data
    const http::Fields* trailers = nullptr;  // for the end; null or empty: none
    wire::Code code = wire::Code::none;      // for what is broken: the backend's reset, if that was it
};

class HttpExchange final : private BackendUser,
                           private runtime::Deadline,
                           private GateVisitor,
                           private HoldVisitor,
                           private hooks::RunOwner {
public:
    HttpExchange(ExchangeWorker& edge, const VisitorFacts& visitor, ExchangeOwner& owner);
    /// Aborts whatever is not over.
    ~HttpExchange();

    // There is one exchange with every request, so their memory is kept per thread.
    static void* operator new(std::size_t bytes);
    static void operator delete(void* memory) noexcept;

    /// Begins with a request; `head` is needed for this call only.
    void begin(const http::RequestHead& head);
    /// Called instead of `begin`: the request broke the rules, or did not come in time. May also follow `begin` while
    /// the visitor has got no head of the answer; the backend's part is then aborted.
    void refuse(http::PageState state, std::string_view code, std::string_view why, http::Method method);

    // --- the request's body ---

    /// Whether a piece of the body can be taken. False: not now; on_exchange follows when it can.
    bool takes_body();
    /// How much one read for the body should bring at most, and whether what is sent now may have to wait for the
    /// trunk.
    std::uint32_t read_size_max() const noexcept { return backend_ ? backend_->read_size_max() : UINT32_MAX; }
    bool is_trunk_behind() const noexcept { return backend_ && backend_->is_trunk_behind(); }
    /// Whether body() may be called several times after one takes_body().
    bool takes_bulk() const noexcept { return !upload_; }
    /// Takes a piece of at most limits::data_payload_max bytes, see mux::Stream::send. Only when takes_body() is true.
    void body(buffer::Slice payload, bool headroom);
    /// Nothing more of the body has come for now.
    void body_pauses();
    void body_end(const http::Fields* trailers);
    /// Whether the request is complete and nothing of it waits to be sent. Also true when nobody is sent it any more.
    bool is_request_sent() const noexcept { return body_ended_ && !upload_ && (!backend_ || backend_->has_sent_all()); }
    /// Whether the visitor may pause within the body for as long as it likes: it waits for a stream, for room or for
    /// 100 (Continue), its answer has begun, or its body is a stream of messages (streaming_type.hpp).
    bool lets_visitor_pause() const noexcept;

    // --- the answer ---

    Answer next();
    /// True after a 101: body and data are then what the visitor and the backend say to each other.
    bool switched() const noexcept { return state_ == State::switched; }
    /// Whether a head of the answer was given out, interim ones aside; only `broken` can follow a failure then.
    bool answered() const noexcept { return head_given_; }
    /// Ends an exchange whose request cannot continue after the answer has begun.
    void give_up(std::string_view why) { (void)cut(why); }
    /// The visitor has reset the request; a backend that speaks HTTP/2 is told with which code (wire/http2_code.hpp).
    void visitor_has_reset(wire::Code code) noexcept { abort_code_ = code; }
    /// Sends what body() was given in this round.
    void flush();
    /// The last chunk of the answer with these trailers, under the service's rules; good until another head is written.
    std::string_view answer_trailers(const http::Fields& trailers);

    http::Method method() const noexcept { return request_.context.method; }
    const HttpServiceSettings& settings() const noexcept { return request_.settings; }

private:
    enum class State : std::uint8_t {
        on_hold,  // its service has no client at the moment
        held,     // a plugin has not decided on the request
        opening,
        waiting,
        gathering,  // a plugin wants to see the body of the backend's answer before it decides on the head
        held_head,  // nor has one decided on the head of the backend's answer
        answering,
        switched,
        page_head,
        held_page,  // nor on that of another answer
        page_body,
        done,
        broken
    };

    void tell_end() noexcept;
    void on_backend() noexcept override;
    std::shared_ptr<shaping::VisitorShape> shape_of_visitor(
        const std::shared_ptr<shaping::ServiceShape>& service) override;
    void on_deadline() noexcept override;
    void on_gate() noexcept override;
    void on_change() noexcept override;
    template <typename Action>
    void handle(Action action) noexcept;

    // Plugins (http_exchange_plugins.cpp).
    void on_decision() noexcept override;
    bool is_same_service(std::string_view path) const noexcept override;
    void begin_run(const Arrival& arrival);
    void ask_plugins(const Arrival& arrival);
    void ask_plugins_again();
    bool plugins_pass(const hooks::AnswerView& answer, State held, http::Edits& edits);

    // Bodies that plugins look at (http_exchange_bodies.cpp).
    void prepare_upload();
    void begin_collecting(const http::Body& body);
    void collect(buffer::Slice payload);
    bool takes_upload();
    void upload(buffer::Slice payload, bool headroom);
    void end_upload(const http::Fields* trailers);
    void pass_upload();
    bool pass_changed();
    bool pass_collected();
    void finish_upload();
    void upload_failed();
    Answer give_continue() noexcept;
    static bool may_have_body(std::uint16_t status) noexcept;
    bool begin_download(bool has_body, std::uint16_t status) noexcept;
    Answer next_download();
    Answer next_changed();
    Answer give_piece(ResponseReader::Piece piece);
    ResponseReader::Piece download_source();
    Answer end_body();

    // Answers whose bodies plugins collect (http_exchange_gathering.cpp).
    void gather();
    void gather_local();
    Answer next_gathered();
    ResponseReader::Piece answer_piece();

    // The beginning (http_exchange.cpp), and the stream (http_exchange_stream.cpp).
    void arrive(const http::RequestHead& head);
    void arrive_canonically(const http::RequestHead& head);
    bool put_on_hold(const http::RequestHead& head, TimePoint until);
    void look_at_hold();
    bool wait_for_successor();
    enum class Elsewhere : std::uint8_t { goes_on, nobody_yet, nobody };
    Elsewhere go_on_elsewhere();
    void tell_early_end();
    bool has_stream() const noexcept;
    void forward(const Arrival& arrival);
    bool keep_head(const Arrival& arrival);
    void open(bool has_waited);
    void take_place_in_line();
    void look_at_line();
    void open_fresh(std::optional<directory::HttpService::Carrier> carrier = std::nullopt);
    void open_again(std::optional<directory::HttpService::Carrier> carrier = std::nullopt);
    std::uint64_t stream_owner() const noexcept;
    void open_is_answered() noexcept;
    void open_failed();
    void start_sending();
    void keep_within_bound() noexcept;
    void drop_backend() noexcept;

    // Members of a group (http_exchange_member.cpp).
    void read_stay(const Arrival& arrival);
    directory::VisitorAsk visitor_ask() const noexcept;
    std::optional<directory::HttpService::Carrier> choose_carrier();
    void count_member(const std::shared_ptr<directory::GroupMember>& member);
    bool go_to_other_member();
    void tell_member(directory::Fared fared);
    void put_member(http::Edits& edits);

    // The body (http_exchange.cpp).
    bool can_send();
    void give_up_body();
    void send_body(buffer::Slice payload, bool headroom);
    void send_end(const http::Fields* trailers);
    void send(buffer::Slice payload, bool headroom);
    void send_text(std::string_view text);

    // The answer (http_exchange_answer.cpp).
    Answer next_piece();
    Answer next_head();
    bool read_head(const mux::StreamItem& item);
    Answer give_head();
    void forget_head();
    Answer finish_answer();
    Answer next_raw();
    Answer cut(std::string_view why, wire::Code code = wire::Code::none);
    Answer give_page_head();
    Answer give_page_body();
    void note_answer(std::uint16_t status) noexcept;
    void begin_answer() noexcept;
    void answer_instead(Instead instead);
    void answer_by_plugin(hooks::Reply reply);
    void give_page(const Refusal& refusal);
    http::Page page_of(http::PageState state, std::string_view code) const;
    void log_page(http::PageState state, std::string_view why);

    // Failures and deadlines (http_exchange_failure.cpp).
    StreamFacts stream_facts() const noexcept;
    bool waits_for_count();
    bool can_repeat(unsigned most) const noexcept;
    bool may_be_anybodys() const noexcept;
    bool was_idle_timeout(const http::ResponseHead& head);
    void fail(const Failure& failure);
    void fail_late() noexcept;
    void set_deadline() noexcept;
    void look_at_deadline();
    void look_at_answer(TimePoint now);

    ExchangeWorker& edge_;
    const VisitorFacts& visitor_;
    ExchangeOwner& owner_;
    RequestFacts request_;
    KeptRequest kept_;
    Rewriting rewriting_;
    ResponseReader response_;
    LocalAnswer local_;
    AccessLine access_;
    std::unique_ptr<hooks::HttpRun> run_;  // null: no plugin looks at this exchange
    State state_ = State::opening;
    bool handling_ = false;  // see handle()

    // The stream, and where it was asked for.
    IntrusivePtr<BackendStream> backend_;
    directory::CarrierIds passed_;                    // carriers without room, or that left
    bool no_room_ = false;                            // one of them is still there
    directory::MemberVisit member_;                   // of a group: who has the request; else empty
    std::shared_ptr<directory::GroupMember> not_to_;  // a member that could not reach its backend
    /// Which member a visitor of a group had before.
    struct Stay {
        std::uint64_t address = 0;
        std::string tag;  // of its cookie; empty: it has none
    };
    std::unique_ptr<Stay> stay_;       // null: visitors of the service do not stay with members
    bool counted_as_opening_ = false;  // at the gate
    bool was_let_down_ = false;        // by an idle stream, which had ended: the next one is fresh
    std::uint8_t repeats_ = 0;
    TimePoint opened_at_{};    // when the stream was asked for, or the wait for one began
    TimePoint progress_at_{};  // when something last went either way, or the backend was not to blame

    // While it is on hold.
    std::unique_ptr<http::KeptHead> waiting_head_;  // null: it was on its way already, and waits for a successor
    TimePoint hold_until_{};

    // The body of the request.
    std::uint64_t body_bytes_ = 0;
    bool chunk_open_ = false;  // a chunk's data was sent, the line end behind it not yet
    bool body_ended_ = false;
    bool end_is_due_ = false;                       // it has ended while nobody could be told
    const http::Fields* early_trailers_ = nullptr;  // at that end
    bool awaits_continue_ = false;

    /// A request's body that does not go straight to the backend.
    struct Upload {
        hooks::BodyWay* way = nullptr;           // null: it is collected only
        std::size_t collected_at = 0;            // what is before it, of what was collected, has gone on
        const http::Fields* trailers = nullptr;  // the visitor's
        bool is_collecting = false;              // it is read for a plugin that decides then
        bool way_has_all = false;                // `way` has had the end
        bool has_begun = false;                  // some of it has left
    };
    std::unique_ptr<Upload> upload_;  // null: nobody looks at the body, or all of it has gone on
    /// A backend's answer whose body was read, wholly or in part, before its head was given out.
    struct Gathered {
        std::size_t at = 0;  // what is before it, of what was collected, has gone on
        buffer::Slice rest;  // a piece that was read, and not collected
    };
    std::optional<Gathered> gathered_;
    hooks::BodyWay* download_ = nullptr;  // of the answer's body; null: nobody looks at it
    bool download_has_all_ = false;       // it has had the end
    std::size_t fed_in_round_ = 0;        // bytes that it has had since others had a turn
    std::size_t local_at_ = 0;            // what is before it, of a local answer's body, has gone there

    // The answer.
    TimePoint begun_at_{};  // the exchange
    std::uint64_t answer_bytes_ = 0;
    std::uint16_t answer_status_ = 0;
    std::uint32_t interims_ = 0;
    wire::Code cut_code_ = wire::Code::none;         // with which the backend has reset its answer
    wire::Code abort_code_ = wire::Code::cancelled;  // with which the backend is told that the visitor is gone
    bool fin_seen_ = false;  // an end without an answer: how much was delivered is still to be told
    bool head_given_ = false;
};

// Everything from outside comes through here. What `action` asks for may be answered while it runs (a refusal by the
// trunk, say), so this may be entered again from within; the owner is told once, by the outermost call, since it may
// end the exchange when it is told.
template <typename Action>
void HttpExchange::handle(Action action) noexcept {
    const bool outermost = !std::exchange(handling_, true);
    try {
        action();
    } catch (const std::exception&) {
        fail_late();
    }
    if (outermost) {
        handling_ = false;
        owner_.on_exchange();
    }
}

}  // namespace ferrotunnel::exchange
