// A client of the protocol on a bare socket and the test's own thread, which can misbehave as it likes.
#pragma once

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "login/handshake_client.hpp"
#include "login/token.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "unit/transport/pipes.hpp"
#include "wire/control.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::session::test {

inline login::Token new_token() {
    return login::parse_token(login::make_token(runtime::system_random())).value();
}

struct ReceivedFrame {
    wire::FrameHeader header;
    std::vector<std::uint8_t> payload;
};

/// As whom a client logs in.
struct Caller {
    std::uint8_t instance = 1;
    std::uint64_t epoch = 1;
    std::uint32_t trunk = 1;
    std::uint32_t trunks = 1;
    std::uint64_t features = 0;
    std::string identity{};
    bool replaces = false;
    std::optional<login::ClientHandshake::Settings::Resume> resume{};  // the session to continue with
};

class WireClient {
public:
    WireClient(runtime::Fd socket, const login::Token& token, const Caller& caller)
        : socket_(std::move(socket)), handshake_(settings(token, caller), runtime::system_random()) {}

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
    void send_ping(std::uint64_t opaque, bool ack) {
        std::uint8_t frame[wire::ping_frame_bytes];
        send({frame, wire::encode_ping(opaque, ack, frame)});
    }
    void send_confirm(std::uint64_t received) {
        std::uint8_t frame[wire::confirm_frame_bytes];
        send({frame, wire::encode_confirm(received, frame)});
    }
    void send_opened(wire::StreamId stream) {
        std::uint8_t frame[wire::opened_frame_bytes];
        send({frame, wire::encode_opened(stream, 0, frame)});
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
                if (confirms_) {
                    send_confirm(received_);
                }
                send_ping(*wire::decode_ping(frame.payload), true);
            }
        }
    }
    /// The next frame of this type; skips others.
    ReceivedFrame next(wire::FrameType type) {
        while (auto frame = receive()) {
            if (frame->header.type == type) {
                return std::move(*frame);
            }
        }
        FAIL("the server has closed");
        return {};
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
        const bool is_welcome = handshake_.receive(last_control_).want == login::Want::nothing;
        confirms_ = is_welcome && (handshake_.agreed().features & wire::feature::resume) != 0;
        received_ = 0;
        return is_welcome;
    }
    const login::HandshakeFailure& failure() const { return handshake_.failure(); }
    const login::Agreement& agreed() const { return handshake_.agreed(); }

    void register_services(std::span<const wire::Service> services) {
        for (const wire::ControlPayload& payload : wire::encode_register(++request_, services)) {
            send_control(payload);
        }
    }
    void register_port(std::uint32_t id, std::uint16_t port, std::string bind = {}) {
        wire::Service service;
        service.id = id;
        service.remote_port = port;
        service.bind = std::move(bind);
        register_services({&service, 1});
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
        register_services({&service, 1});
    }
    void register_tls(std::uint32_t id, std::vector<std::string> hosts) {
        wire::Service service;
        service.id = id;
        service.kind = wire::ServiceKind::tls;
        service.tls.hosts = std::move(hosts);
        register_services({&service, 1});
    }
    void unregister(std::uint32_t id) { send_control(wire::encode_control(wire::Unregister{{id}})); }

    /// The first service of the next `registered`, or the next `refused`.
    std::variant<wire::RegisteredService, wire::Refused> answer() {
        while (auto message = receive_control()) {
            if (const auto* granted = std::get_if<wire::Registered>(&*message)) {
                return granted->services.at(0);
            }
            if (const auto* refusal = std::get_if<wire::Refused>(&*message)) {
                return *refusal;
            }
        }
        FAIL("the server has closed");
        return wire::Refused{};
    }
    /// The next answer, which must be `registered`.
    wire::RegisteredService registered() {
        const auto got = answer();
        const auto* refusal = std::get_if<wire::Refused>(&got);
        INFO((refusal != nullptr ? refusal->text : std::string()));
        REQUIRE(std::holds_alternative<wire::RegisteredService>(got));
        return std::get<wire::RegisteredService>(got);
    }
    /// The next answer, which must be `refused`.
    wire::Refused refused() {
        const auto got = answer();
        REQUIRE(std::holds_alternative<wire::Refused>(got));
        return std::get<wire::Refused>(got);
    }
    /// Registers a port, 0 for any, which must be granted; says which it is.
    std::uint16_t obtain_port(std::uint32_t id, std::uint16_t port = 0) {
        register_port(id, port);
        return registered().port;
    }
    wire::RegisteredService obtain_http(std::uint32_t id, std::vector<std::string> hosts, std::string path = {},
                                        std::string name = {}) {
        register_http(id, std::move(hosts), std::move(path), std::move(name));
        return registered();
    }

    /// The service of the next OPEN.
    std::uint32_t opened() {
        const ReceivedFrame frame = next(wire::FrameType::open);
        const auto open = wire::decode_open(frame.payload);
        REQUIRE(open);
        return open->service;
    }
    void close() { socket_.reset(); }
    /// As if something in between had forgotten the connection.
    void reset() { runtime::reset_close(std::move(socket_)); }

    int fd() const { return socket_.get(); }
    bool answer_pings = true;

private:
    static login::ClientHandshake::Settings settings(const login::Token& token, const Caller& caller) {
        login::ClientHandshake::Settings settings{token};
        settings.instance = {caller.instance};
        settings.epoch = caller.epoch;
        settings.trunk = caller.trunk;
        settings.trunks = caller.trunks;
        settings.features = caller.features;
        settings.identity = caller.identity;
        settings.replaces = caller.replaces;
        settings.resume = caller.resume;
        return settings;
    }
    bool read(MutableBytes into) {
        while (!into.empty()) {
            transport::test::wait_for(socket_.get(), POLLIN);
            runtime::IoResult result = runtime::read_some(socket_.get(), into);
            into = into.subspan(result.bytes);
            received_ += result.bytes;
            if (result.status == runtime::IoStatus::eof || result.status == runtime::IoStatus::error) {
                return false;
            }
        }
        return true;
    }

    bool confirms_ = false;
    std::uint64_t received_ = 0;  // since the welcome: a session that continues is read again from its first byte
    bool holds_back_ = false;
    std::vector<std::uint8_t> held_back_;
    runtime::Fd socket_;
    login::ClientHandshake handshake_;
    std::vector<std::uint8_t> last_control_;
    std::uint32_t request_ = 0;
};

}  // namespace ferrotunnel::session::test
