// Parses HTTP/1.1 of one stream's connection to a backend, with the edge's parsers, and records each exchange. It does
// not influence the data: bytes that it cannot parse end the recording of this connection. For exchanges that arrive
// too fast to be kept (Records::admits) it only finds the ends, and has no record.
//
//   waiting --request's head--> exchange --both halves have ended--> waiting
//                                  |  \--101, or 2xx to CONNECT--> upgraded (messages, bytes)
//      |                           \--not reached--> over (lost), with the unsent rest of the request
//      \---- refused by a parser, a request before the last response has ended, no memory ----> stopped
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/tap.hpp"
#include "http/body_reader.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "inspect/body_recorder.hpp"
#include "inspect/inspector.hpp"
#include "inspect/messages.hpp"

namespace ferrotunnel::inspect {

class HttpTap final : public Tap {
public:
    HttpTap(std::shared_ptr<Inspector> inspector, Origin origin);

    void to_backend(Bytes bytes, TimePoint now) noexcept override;
    void from_backend(Bytes bytes, TimePoint now) noexcept override;
    void backend_ended(bool in_order, TimePoint now) noexcept override;
    void not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept override;
    void over(TimePoint now) noexcept override;

private:
    enum class State : std::uint8_t { waiting, exchange, upgraded, stopped };
    /// The progress of the exchange's response: bytes have arrived, its head is complete, or all of it.
    enum class Answer : std::uint8_t { awaited, receiving, begun, over };
    enum class Backend : std::uint8_t { connected, ended, unreached };

    template <typename Action>
    void guarded(Action action) noexcept;

    template <typename Change>
    void change(Change change);

    void read_request(std::string_view bytes);
    std::size_t read_request_head(std::string_view bytes);
    void begin_exchange(std::string_view raw);
    void record_request(std::string_view raw);
    void read_answer(std::string_view bytes);
    std::size_t read_answer_head(std::string_view bytes);
    void begin_answer(std::string_view raw);
    void record_answer(std::string_view raw);
    void read_body(std::string_view bytes);
    void end_request(bool complete);
    void end_answer(bool complete);
    void end_exchange(Exchange::State state, std::string why = {});
    void end_unreached();
    void record_lost();
    unsigned status_if_lost() const noexcept;
    void read_upgraded(std::string_view bytes, bool by_visitor);
    void add_message(Message&& message, bool by_visitor);
    void stop_recording(std::string why);
    Duration since_begin() const { return now_ - began_; }

    const std::shared_ptr<Inspector> inspector_;
    Origin origin_;
    State state_ = State::waiting;
    TimePoint now_{};                 // of this call
    TimePoint began_{};               // of the exchange
    std::shared_ptr<Record> record_;  // of the exchange; null if there is none, or it is not recorded
    http::RequestParser request_parser_;
    http::ResponseParser answer_parser_;
    std::string request_part_;  // of a head that has arrived in part
    std::string answer_part_;
    http::BodyReader request_reader_;
    http::BodyReader answer_reader_;
    BodyRecorder request_body_;
    BodyRecorder answer_body_;
    bool request_over_ = false;
    Answer answer_ = Answer::awaited;
    Backend backend_ = Backend::connected;
    std::string unreached_why_;
    bool is_websocket_ = false;
    bool has_events_ = false;
    struct Messages {
        WebSocketReader by_visitor;
        WebSocketReader by_backend;
        EventReader events;
        bool stopped = false;
    };
    std::unique_ptr<Messages> messages_;
};

}  // namespace ferrotunnel::inspect
