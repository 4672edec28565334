// One request and its answer: finds the service, takes or opens a stream to the backend, sends the request anew and
// reads the response. It knows nothing of the connection that brought the request (HTTP/1.1 now, a stream of HTTP/2 to
// come), which feeds it the body and takes the answer out of it, each as fast as it can.
//
//   begin --no route, no client--> page ----------------------------------------------.
//     '--service--> opening --stream--> waiting --head--> answering --end--> done <---'
//                      ^  '---fails---.     |   '--101--> switched --both ends--> done
//                      '-- once more --'    '-- fails before the head: page; after it: broken
//
// A request is sent once more only when it surely was not acted on: a reset says that nothing of it was delivered, or
// the method may be repeated and the stream was an old one that the backend was about to close. Never after a byte of
// the answer.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/backend_stream.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/open_gate.hpp"
#include "http/body_reader.hpp"
#include "http/forwarding.hpp"
#include "http/head.hpp"
#include "http/head_writer.hpp"
#include "http/page.hpp"
#include "http/response_parser.hpp"
#include "http/rewrite.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::exchange {

/// What is known of a visitor, as far as it is the same for all requests of a connection.
struct VisitorFacts {
    std::string address;  // without port
    net::Address wire;
    /// The number of its connection among those of its worker; HttpConnection numbers itself.
    std::uint64_t connection = 0;
    std::uint16_t port = 80;  // the one at which it came in
    bool https = false;
    /// Its X-Forwarded-* and X-Request-Id are believed.
    bool trusted = false;
    /// Whether a request for this host may be answered on its connection: by SNI and client certificate; without TLS,
    /// if the request is not redirected. Empty: for any host.
    std::function<bool(std::string_view host)> may_serve{};
};

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
        interim,  // 1xx
        head,     // 101 too: what follows is then data of another protocol
        data,
        end,
        broken,  // the answer had begun, and can not be completed: it must not look complete
    } kind = Kind::nothing;

    // For heads; good until the next call. Without `head` it is the edge's own answer.
    const http::ResponseHead* head = nullptr;
    const http::Edits* edits = nullptr;
    std::uint16_t status = 0;
    http::Body body;
    std::optional<std::uint64_t> content_length;  // for a body that is not sent: HEAD
    buffer::Slice data;                           // for data
    const http::Fields* trailers = nullptr;       // for the end; null or empty: none
};

class HttpExchange final : private BackendUser, private runtime::Deadline, private GateVisitor {
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
    /// no head of the answer was taken; the backend's part is then aborted.
    void refuse(http::PageState state, std::string_view code, std::string_view why, http::Method method);

    // --- the request's body ---

    /// Whether a piece of the body can be taken. False: not now; on_exchange follows when it can.
    bool takes_body();
    /// How much one read for the body should bring at most, and whether what is sent now may have to wait for the
    /// trunk.
    std::uint32_t read_size_max() const noexcept { return backend_ ? backend_->read_size_max() : UINT32_MAX; }
    bool is_trunk_behind() const noexcept { return backend_ && backend_->is_trunk_behind(); }
    /// Takes a piece of at most limits::data_payload_max bytes, see mux::Stream::send. Only when takes_body() is true.
    void body(buffer::Slice payload, bool headroom);
    void body_end(const http::Fields* trailers);
    /// Whether the request is complete and nothing of it waits to be sent. Also true when nobody is sent it any more.
    bool is_request_sent() const noexcept { return body_ended_ && (!backend_ || backend_->has_sent_all()); }
    /// Whether the visitor is not to blame if no body comes: there is no stream, no room, or no 100 (Continue) yet.
    bool keeps_visitor_waiting() const noexcept;

    // --- the answer ---

    Answer next();
    /// True after a 101: body and data are then what the visitor and the backend say to each other.
    bool switched() const noexcept { return state_ == State::switched; }
    /// Whether a head of the answer was given out; only `broken` can follow a failure then.
    bool answered() const noexcept { return head_given_; }
    /// Ends an exchange whose request can not go on after the answer has begun.
    void give_up(std::string_view why) { (void)cut(why); }
    /// Sends what body() was given in this round.
    void flush();
    /// The last chunk of the answer with these trailers, under the service's rules; good until another head is written.
    std::string_view answer_trailers(const http::Fields& trailers);

    http::Method method() const noexcept { return context_.method; }
    const HttpServiceSettings& settings() const noexcept { return settings_; }

private:
    enum class State : std::uint8_t { opening, waiting, answering, switched, page_head, page_body, done, broken };
    /// Why a backend did not answer.
    struct Failure {
        http::PageState state;
        std::string_view code;  // for X-FerroTunnel-Error, where it is more exact than the state's
        std::string_view why;
        bool not_delivered = false;  // nothing of the request has reached the backend
        bool elsewhere = false;      // another carrier may have room
    };

    void on_backend() noexcept override;
    void on_deadline() noexcept override;
    void on_gate() noexcept override;
    template <typename Action>
    void handle(Action action) noexcept;

    // Beginning (http_exchange.cpp).
    bool route(const http::RequestHead& head);
    bool may_serve(std::string_view why_not);
    bool fits(const http::Body& body);
    void give_up_body();
    void remember(const http::RequestHead& head);
    void remember_accept(const http::RequestHead& head);
    http::PageFormat page_format() const noexcept;
    http::ForwardingFacts forwarding_facts() const;
    bool write_request_head(const http::RequestHead& head);
    void open(bool has_waited);
    void take_place_in_line();
    void look_at_line();
    void open_fresh();
    std::uint64_t stream_owner() const noexcept;
    void open_is_answered() noexcept;
    void open_failed();
    void start_sending();
    void send(buffer::Slice payload, bool headroom);
    void send_text(std::string_view text);
    void keep_for_replay(const buffer::Slice& payload);
    void count_as_kept(const buffer::Slice& piece) noexcept;
    void forget_replay() noexcept;
    void keep_within_bound() noexcept;

    void log_access() noexcept;

    // The service's rules (http_exchange_rules.cpp).
    bool redirects(const http::RequestHead& head);
    bool came_by_tls(const http::RequestHead& head) const;
    bool has_https() const;
    bool may_go_on(const http::RequestHead& head);
    void give_redirect(std::uint16_t status, std::string location);
    void give_empty(std::uint16_t status);
    bool apply_rules(const http::RequestHead& head, http::RequestOut& out, http::Edits& edits);
    bool apply_rules(const http::ResponseHead& head, http::Edits& edits);
    void map_back(const http::ResponseHead& head, http::Edits& edits);
    std::string_view write_trailers(const http::Fields& trailers, const std::vector<http::HeaderRule>& rules,
                                    std::string_view connection);
    void add_hsts(http::Edits& edits);

    // The answer (http_exchange_answer.cpp).
    Answer next_piece();
    Answer next_head();
    bool read_head_bytes(mux::StreamItem& item);
    Answer give_head();
    void forget_head();
    Answer next_data();
    Answer next_raw();
    Answer give_page_head();
    void put_page_fields(http::Edits& edits);
    Answer give_page_body();
    Answer finish_answer();
    Answer cut(std::string_view why);
    void fail(const Failure& failure);
    void fail_late() noexcept;
    void give_page(http::PageState state, std::string_view code, std::string_view why);
    bool waits_for_count();
    static Failure closed_early(bool not_delivered) noexcept;
    Failure failure_of(wire::Code code, bool told_by_backend) const noexcept;
    bool may_repeat(const Failure& failure) const noexcept;
    void drop_backend() noexcept;
    void set_deadline() noexcept;
    void look_at_deadline();

    ExchangeWorker& edge_;
    const VisitorFacts& visitor_;
    ExchangeOwner& owner_;
    State state_ = State::opening;
    HttpServiceSettings settings_;  // the service's, once it is known
    bool by_tls_;                   // what the visitor used, as far as it can be believed
    std::string request_id_;
    http::HostBuffer host_room_;
    std::string_view host_;  // in normal form
    /// What the line about each request says; only where the log has such lines.
    struct Access {
        TimePoint begun_at;
        std::string method;
        std::string path;
        std::uint16_t status = 0;
        std::uint64_t body_bytes = 0;  // of the answer
    };
    std::unique_ptr<Access> access_;
    http::ResponseContext context_;
    http::PageFormat page_format_ = http::PageFormat::text;  // unless there is a copy of Accept
    std::uint8_t accept_size_ = 0;
    std::array<char, 160> accept_room_;

    std::shared_ptr<directory::HttpService> service_;
    std::vector<const directory::HttpCarrier*> passed_;  // carriers without room, or that left
    bool no_room_ = false;                               // one of them is still there
    IntrusivePtr<BackendStream> backend_;
    bool counted_as_opening_ = false;  // at the gate
    bool handling_ = false;            // see handle()

    // The request.
    http::Body request_body_;
    std::string request_hops_;           // names in Connection that could come as a trailer
    buffer::Slice replay_head_;          // what was sent: the first piece,
    std::vector<buffer::Slice> replay_;  // and all others
    std::size_t replay_bytes_ = 0;
    std::size_t replay_kept_ = 0;  // the size of the copy, as edge_.replay_kept counts it
    bool replayable_ = true;
    bool repeated_ = false;
    bool chunk_open_ = false;  // its data was sent, the line end behind it not yet
    std::uint64_t body_bytes_ = 0;
    bool body_begun_ = false;
    bool body_ended_ = false;
    bool awaits_continue_ = false;
    TimePoint opened_at_{};    // when the stream was asked for, or the wait for one began
    TimePoint progress_at_{};  // when the backend last took or said something

    // The response.
    std::unique_ptr<http::ResponseParser> parser_;
    std::string head_bytes_;             // of a head that did not come in one piece
    std::uint32_t pending_consume_ = 0;  // bytes of the front item that the head given out lies in
    bool head_lent_ = false;             // the head is in use until the next call
    std::uint32_t interims_ = 0;
    bool fin_seen_ = false;  // an end without an answer: how much was delivered is still to be told
    http::BodyReader response_body_;
    bool response_keeps_ = false;
    bool head_given_ = false;
    std::string response_hops_;
    http::Page page_;
    std::string retry_after_;
    bool is_page_ = true;   // the edge answers with a page; else a redirect, or nothing but a status
    std::string location_;  // of a redirect

    /// What is needed to map back the answer to a rewritten request.
    struct Rewritten {
        std::string seen_authority;
        std::string backend_authority;  // empty: as the visitor's
        std::optional<http::PrefixMap> prefix;
        std::string path;  // for the backend
    };
    std::unique_ptr<Rewritten> rewritten_;
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
