// A visitor's HTTP/1.1 connection: reads requests one after the other, feeds their bodies to their exchange, and
// writes the responses.
//
//   handshaking --TLS is up--> head --a request, or a refusal--> exchange --both ends, keep-alive--> head
//      |                       ^  |                               |     |
//      |--h2c--> preface ------'  '--the visitor's end--> ending <'last '--response incomplete-----> ending_cut
//      |                                                    |                                            |
//      '--no TLS, or a CA--> lingering <-----------all is written----+--------------------------------------------'
//                       '--the visitor's end--> closed
//
//   Transitions from head also exist from preface. From every phase: lost, too slow, passed on as HTTP/2 --> closed.
//
// Whether the connection is kept: none or wanted, by the request; with the head of the response none or promised.
//
// A visitor that has chosen HTTP/2, in the TLS handshake or by its first bytes, is passed to an Http2Connection.
//
// Reading stops when an exchange accepts no more, and from the end of a request to that of its response: pipelined
// requests wait in the socket and in at most one slab. Bytes are read into windows of a slab, each with room for a
// frame's header before it, so that bodies reach the trunk without a copy, except for small pieces. An idle connection
// holds no slab, no parser and no timer of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "exchange/http_exchange.hpp"
#include "http/body_reader.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "ingress/body_pace.hpp"
#include "ingress/edge_connection.hpp"

namespace ferrotunnel::ingress {

class HttpConnection final : public EdgeConnection, private exchange::ExchangeOwner {
public:
    /// Called on the edge's worker.
    HttpConnection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                   login::ConnectionTicket ticket);
    ~HttpConnection() override;

    /// Starts; the connection keeps itself alive until it is closed. False if the socket cannot be watched, and is
    /// closed.
    bool start();
    void drain() noexcept override;
    void retire() noexcept override {}  // the next response announces it

private:
    enum class Phase : std::uint8_t {
        handshaking,
        preface,  // its first bytes may be the preface of HTTP/2
        head,
        exchange,
        ending,
        ending_cut,  // the response is incomplete, and must not look complete
        lingering,
        closed
    };
    enum class Persistence : std::uint8_t { none, wanted, promised };

    void on_exchange() noexcept override { run(); }
    bool advance() override;
    void release_resources() noexcept override;
    void drop_exchange() noexcept;
    static bool follows(Phase from, Phase to) noexcept;
    void enter(Phase next) noexcept;
    bool reads_head() const noexcept { return phase_ == Phase::preface || phase_ == Phase::head; }
    bool shake_hands();
    bool is_from_ca() const noexcept;
    void note_key_group(KeyGroup group) noexcept;
    void check_preface();
    void switch_to_http2();

    // Reading (http_connection.cpp).
    bool read_request();
    bool parse_request();
    void begin_exchange();
    void refuse(const http::Refusal& refusal, http::Method method);
    bool make_room_for_head();
    void move_head(buffer::SlabPtr to);
    void shrink_input();
    bool make_room_for_body();
    std::uint32_t body_read_max() const noexcept;
    bool read_some();
    bool feed_body();
    bool feed_bulk();
    bool feed_raw();
    bool has_body_bytes();
    void forward_body(std::string_view payload);
    std::string_view unread() const noexcept;
    void drop_input_if_unused() noexcept;

    // Writing and ending (http_connection_output.cpp).
    bool write_next_piece();
    void write_head(const exchange::Answer& answer);
    void add_head(const http::ResponseOut& out);
    void add_data(buffer::Slice data);
    void close_chunk();
    void end_answer(const http::Fields* trailers);
    void cut_answer();
    void next_request();
    void wait_for_request() noexcept;
    bool write_answer();
    void begin_ending(Phase how = Phase::ending);
    bool end_sending();
    void end_without_tls();
    void end_after_handshake();
    void visitor_lost() override;

    // Time.
    void on_due() override;
    void check_pace();

    Phase phase_ = Phase::handshaking;

    std::size_t parsed_ = 0;  // bytes of the head that the parser has seen
    std::unique_ptr<http::RequestParser> parser_;

    std::unique_ptr<exchange::HttpExchange> exchange_;
    http::BodyReader body_;
    http::Version version_ = http::Version::http11;
    std::uint32_t requests_ = 0;
    BodyPace pace_;

    http::BodyKind framing_ = http::BodyKind::none;  // of the response, as the visitor gets it

    Persistence persistence_ = Persistence::none;
    bool chunk_open_ = false;
    bool raw_ended_ = false;  // after a protocol switch: the visitor's end was passed on
    bool bulk_ = false;       // the last read of a body filled a window
    bool output_watched_ = false;
};

}  // namespace ferrotunnel::ingress
