// A client of the protocol on a bare socket and the test's own thread, which can misbehave as it likes.
#pragma once

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "login/handshake_client.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "unit/transport/pipes.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::session::test {

struct ReceivedFrame {
    wire::FrameHeader header;
    std::vector<std::uint8_t> payload;
};

class WireClient {
public:
    WireClient(runtime::Fd socket, login::Token token, wire::InstanceId instance = {1}, std::uint64_t epoch = 1,
               std::uint32_t trunk = 1, std::uint32_t trunks = 1)
        : socket_(std::move(socket)),
          handshake_(settings(std::move(token), instance, epoch, trunk, trunks), runtime::system_random()) {}

    void send(Bytes bytes) {
        if (holds_back_) {
            held_back_.insert(held_back_.end(), bytes.begin(), bytes.end());
            return;
        }
        while (!bytes.empty()) {
            transport::test::wait_for(socket_.get(), POLLOUT);
            runtime::IoResult result = runtime::write_some(socket_.get(), bytes);
            if (result.status == runtime::IoStatus::error) {
                return;  // the server has closed; the test sees it when it reads
            }
            bytes = bytes.subspan(result.bytes);
        }
    }
    /// All that `action` sends leaves in one piece, which the server reads in one round.
    template <typename Action>
    void send_together(Action action) {
        holds_back_ = true;
        action();
        holds_back_ = false;
        send(std::exchange(held_back_, {}));
    }
    static std::vector<std::uint8_t> frame_of(const wire::ControlPayload& payload) {
        std::vector<std::uint8_t> frame(limits::frame_header_bytes);
        wire::encode_header({static_cast<std::uint16_t>(payload.size()), wire::FrameType::control, 0, 0}, frame.data());
        frame.insert(frame.end(), payload.begin(), payload.end());
        return frame;
    }
    void send_control(const wire::ControlPayload& payload) { send(frame_of(payload)); }
    void send_goaway(wire::Code code) {
        std::uint8_t frame[wire::goaway_frame_max];
        send({frame, wire::encode_goaway({0, code, {}}, frame)});
    }
    void send_abort(wire::StreamId stream) {
        std::uint8_t frame[wire::reset_frame_bytes];
        send({frame, wire::encode_reset(stream, {wire::Code::cancelled, 0}, true, frame)});
    }

    /// Reads a frame; nothing when the server has closed. Pings are answered on the way.
    std::optional<ReceivedFrame> receive() {
        while (true) {
            std::uint8_t header[limits::frame_header_bytes];
            if (!read(header)) {
                return std::nullopt;
            }
            ReceivedFrame frame{wire::decode_header(header), {}};
            frame.payload.resize(frame.header.length);
            if (!read(frame.payload)) {
                return std::nullopt;
            }
            if (frame.header.type != wire::FrameType::ping || !answer_pings) {
                return frame;
            }
            if (frame.header.flags == 0) {
                std::uint8_t answer[wire::ping_frame_bytes];
                send({answer, wire::encode_ping(*wire::decode_ping(frame.payload), true, answer)});
            }
        }
    }
    /// The next control message; skips other frames.
    std::optional<wire::ControlMessage> receive_control() {
        while (auto frame = receive()) {
            if (frame->header.type == wire::FrameType::control) {
                last_control_ = frame->payload;
                auto message = wire::decode_control(last_control_);
                REQUIRE(message);
                return std::move(*message);
            }
        }
        return std::nullopt;
    }

    /// Says hello, and makes the proof that is to be sent next.
    wire::ControlPayload prepare_auth() {
        send_control(handshake_.start());
        REQUIRE(receive_control());
        login::Step step = handshake_.receive(last_control_);
        REQUIRE(step.want == login::Want::message);
        return *step.send;
    }
    /// Makes the whole login; true when the server said welcome.
    bool log_in() {
        send_control(prepare_auth());
        if (!receive_control()) {
            return false;
        }
        return handshake_.receive(last_control_).want == login::Want::nothing;
    }
    const login::HandshakeFailure& failure() const { return handshake_.failure(); }

    void register_port(std::uint32_t id, std::uint16_t port, std::string bind = {}) {
        wire::Service service;
        service.id = id;
        service.remote_port = port;
        service.bind = std::move(bind);
        for (const wire::ControlPayload& payload : wire::encode_register(++request_, {&service, 1})) {
            send_control(payload);
        }
    }
    void register_http(std::uint32_t id, std::vector<std::string> hosts, std::string path = {}, std::string name = {}) {
        register_part(id, wire::HttpPart{std::move(hosts), std::move(path)}, std::move(name));
    }
    void register_part(std::uint32_t id, wire::HttpPart http, std::string name = {}) {
        wire::Service service;
        service.id = id;
        service.kind = wire::ServiceKind::http;
        service.name = std::move(name);
        service.http = std::move(http);
        for (const wire::ControlPayload& payload : wire::encode_register(++request_, {&service, 1})) {
            send_control(payload);
        }
    }
    /// The next `registered` service, or the next `refused`.
    std::variant<wire::RegisteredService, wire::Refused> full_answer() {
        while (auto message = receive_control()) {
            if (const auto* registered = std::get_if<wire::Registered>(&*message)) {
                return registered->services.at(0);
            }
            if (const auto* refused = std::get_if<wire::Refused>(&*message)) {
                return *refused;
            }
        }
        FAIL("the server has closed");
        return wire::Refused{};
    }

    /// The port of the next `registered`, or the code of the next `refused`.
    std::variant<std::uint16_t, wire::Code> answer() {
        while (auto message = receive_control()) {
            if (const auto* registered = std::get_if<wire::Registered>(&*message)) {
                return registered->services.at(0).port;
            }
            if (const auto* refused = std::get_if<wire::Refused>(&*message)) {
                return refused->code;
            }
        }
        FAIL("the server has closed");
        return wire::Code::none;
    }

    /// The service of the next OPEN.
    std::uint32_t opened() {
        while (auto frame = receive()) {
            if (frame->header.type == wire::FrameType::open) {
                auto open = wire::decode_open(frame->payload);
                REQUIRE(open);
                return open->service;
            }
        }
        FAIL("the server has closed");
        return 0;
    }
    void close() { socket_.reset(); }

    int fd() const { return socket_.get(); }
    bool answer_pings = true;

private:
    static login::ClientHandshake::Settings settings(login::Token token, wire::InstanceId instance, std::uint64_t epoch,
                                                     std::uint32_t trunk, std::uint32_t trunks) {
        login::ClientHandshake::Settings settings{std::move(token)};
        settings.instance = instance;
        settings.epoch = epoch;
        settings.trunk = trunk;
        settings.trunks = trunks;
        return settings;
    }
    bool read(MutableBytes into) {
        while (!into.empty()) {
            transport::test::wait_for(socket_.get(), POLLIN);
            runtime::IoResult result = runtime::read_some(socket_.get(), into);
            into = into.subspan(result.bytes);
            if (result.status == runtime::IoStatus::eof || result.status == runtime::IoStatus::error) {
                return false;
            }
        }
        return true;
    }

    bool holds_back_ = false;
    std::vector<std::uint8_t> held_back_;
    runtime::Fd socket_;
    login::ClientHandshake handshake_;
    std::vector<std::uint8_t> last_control_;
    std::uint32_t request_ = 0;
};

}  // namespace ferrotunnel::session::test
