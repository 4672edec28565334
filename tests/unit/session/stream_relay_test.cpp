// Visits on the server: a stream that one client opens is joined with one to another client, on the same worker and
// across workers.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "unit/session/server_rig.hpp"
#include "wire/open_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;
using wire::FrameType;

namespace {

constexpr std::uint32_t service_id = 7;
constexpr wire::StreamId visit_id = 2;
constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t abort_flag = 0x01;

Caller caller(std::uint8_t instance, std::uint32_t trunk) {
    return {.instance = instance, .trunk = trunk, .trunks = 2, .features = wire::feature::announced};
}

// A client with the private service "db", and one that visits it. With two workers they are on different ones.
struct VisitRig {
    explicit VisitRig(std::size_t workers) : rig(workers) {
        rig.shared->find_visited = [this](const login::TokenId& visitor, const std::string& service,
                                          const std::string& token) -> std::optional<ServerShared::Visited> {
            if (visitor != rig.token.id || service != "db" || !token.empty()) {
                return std::nullopt;
            }
            return ServerShared::Visited(rig.sessions.front(), service_id);
        };
        office.emplace(rig.log_in(caller(1, 1)));
        laptop.emplace(rig.log_in(caller(2, 2)));
        wire::Service service;
        service.id = service_id;
        service.kind = wire::ServiceKind::private_tcp;
        service.name = "db";
        office->register_services({&service, 1});
        CHECK(office->registered().port == 0);
    }
    ~VisitRig() { rig.stop(); }  // before the clients close, so that nothing is told of them

    void open(const std::string& service, wire::StreamId stream = visit_id,
              wire::ServiceKind kind = wire::ServiceKind::tcp) {
        wire::OpenMetadata metadata;
        metadata.service = service;
        const std::vector<std::uint8_t> encoded = wire::encode_open_metadata(metadata);
        wire::Open open;
        open.kind = kind;
        open.send_window = limits::first_window;
        open.receive_window = limits::first_window;
        open.metadata = encoded;
        std::array<std::uint8_t, wire::open_frame_max> frame;
        laptop->send(Bytes(frame).first(wire::encode_open(stream, open, frame.data())));
    }
    // Opens a visit, which the other client takes; its id there.
    wire::StreamId visit() {
        open("db");
        const ReceivedFrame opened = office->next(FrameType::open);
        CHECK(wire::decode_open(opened.payload)->service == service_id);
        CHECK(wire::decode_open(opened.payload)->kind == wire::ServiceKind::tcp);
        office->send_opened(opened.header.stream);
        CHECK(laptop->next(FrameType::opened).header.stream == visit_id);
        return opened.header.stream;
    }
    static void send_data(WireClient& client, wire::StreamId stream, std::string_view text, std::uint8_t flags = 0) {
        std::vector<std::uint8_t> frame(limits::frame_header_bytes);
        wire::encode_header({static_cast<std::uint16_t>(text.size()), FrameType::data, flags, stream}, frame.data());
        frame.insert(frame.end(), text.begin(), text.end());
        client.send(frame);
    }
    // Reads data until so much has come, or the direction has ended.
    static std::pair<std::string, bool> read_data(WireClient& client, std::size_t bytes) {
        std::string got;
        while (true) {
            const ReceivedFrame frame = client.next(FrameType::data);
            got.append(frame.payload.begin(), frame.payload.end());
            if ((frame.header.flags & fin) != 0) {
                return {got, true};
            }
            if (got.size() >= bytes) {
                return {got, false};
            }
        }
    }
    static std::pair<Code, bool> next_reset(WireClient& client) {
        const ReceivedFrame frame = client.next(FrameType::reset);
        return {wire::decode_reset(frame.payload)->code, (frame.header.flags & abort_flag) != 0};
    }

    ServerRig rig;
    std::optional<WireClient> office;
    std::optional<WireClient> laptop;
};

}  // namespace

TEST_CASE("a visit carries bytes both ways, and each direction ends by itself") {
    VisitRig rig(GENERATE(1U, 2U));
    const wire::StreamId far = rig.visit();
    VisitRig::send_data(*rig.laptop, visit_id, "question");
    CHECK(VisitRig::read_data(*rig.office, 8) == std::pair<std::string, bool>("question", false));
    VisitRig::send_data(*rig.laptop, visit_id, "!", fin);
    CHECK(VisitRig::read_data(*rig.office, 100) == std::pair<std::string, bool>("!", true));
    for (int i = 0; i < 3; ++i) {  // the other direction continues
        VisitRig::send_data(*rig.office, far, "answer");
        CHECK(VisitRig::read_data(*rig.laptop, 6) == std::pair<std::string, bool>("answer", false));
    }
    VisitRig::send_data(*rig.office, far, ".", fin);
    CHECK(VisitRig::read_data(*rig.laptop, 100) == std::pair<std::string, bool>(".", true));
}

TEST_CASE("a reset of a visit stands behind its data, and an abort does not wait") {
    VisitRig rig(GENERATE(1U, 2U));
    const wire::StreamId far = rig.visit();
    std::uint8_t frame[wire::reset_frame_bytes];
    SECTION("a reset") {
        VisitRig::send_data(*rig.office, far, "last words");
        rig.office->send({frame, wire::encode_reset(far, {Code::connection_reset, 0}, false, frame)});
        CHECK(VisitRig::read_data(*rig.laptop, 10) == std::pair<std::string, bool>("last words", false));
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::connection_reset, false));
    }
    SECTION("a reset with the reason that a key is wrong") {
        rig.office->send({frame, wire::encode_reset(far, {Code::unauthorized, 0}, false, frame)});
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::unauthorized, false));
    }
    SECTION("an abort of the service's client") {
        rig.office->send_abort(far);
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::cancelled, true));
    }
    SECTION("an abort of the visitor") {
        rig.laptop->send_abort(visit_id);
        CHECK(VisitRig::next_reset(*rig.office) == std::pair(Code::cancelled, true));
    }
    SECTION("a lost trunk") {
        rig.office->close();
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::connection_reset, true));
    }
}

TEST_CASE("a refused open of a visit is passed on with its code") {
    VisitRig rig(GENERATE(1U, 2U));
    rig.open("db");
    rig.office->send_abort(rig.office->next(FrameType::open).header.stream);
    CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::cancelled, true));
}

// The visitor gets credit back only for what the other stream had room for, and that is what its client has granted.
TEST_CASE("a visitor gets no more credit than the other client and the queue between them take") {
    VisitRig rig(GENERATE(1U, 2U));
    const wire::StreamId far = rig.visit();
    constexpr std::size_t piece = 4'096;
    const std::string text(piece, 'x');
    std::uint64_t credit = limits::first_window;
    std::uint64_t sent = 0;
    const auto send_all = [&] {
        while (credit >= piece + limits::data_frame_cost) {
            VisitRig::send_data(*rig.laptop, visit_id, text);
            credit -= piece + limits::data_frame_cost;
            sent += piece;
        }
    };
    // What reaches the other client is at most its first window, since it grants nothing.
    send_all();
    std::uint64_t arrived = 0;
    while (arrived + piece <= limits::first_window - 17 * limits::data_frame_cost && arrived < sent) {
        arrived += VisitRig::read_data(*rig.office, 1).first.size();
    }
    // A ping comes back behind the credit that was given until then.
    const auto take_credit = [&] {
        rig.laptop->answer_pings = false;
        rig.laptop->send_ping(42, false);
        while (auto frame = rig.laptop->receive()) {
            if (frame->header.type == FrameType::credit && frame->header.stream == visit_id) {
                credit += *wire::decode_credit(frame->payload);
            } else if (frame->header.type == FrameType::ping && (frame->header.flags & 1) != 0) {
                break;
            }
        }
    };
    for (int round = 0; round < 200; ++round) {
        take_credit();
        send_all();
    }
    CHECK(sent <= limits::first_window + limits::send_queue_max + 4 * limits::first_window);
    // Once the other client takes, all of it moves.
    std::uint8_t frame[wire::credit_frame_bytes];
    while (arrived < sent) {
        rig.office->send({frame, wire::encode_credit(far, 2 * piece, frame)});
        arrived += VisitRig::read_data(*rig.office, 1).first.size();
    }
    CHECK(arrived == sent);
}

TEST_CASE("what a client may not open is refused, and unknown names all alike") {
    VisitRig rig(1);
    SECTION("a service that is not there, or not for it") {
        rig.open("nothing");
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::unknown_service, true));
    }
    SECTION("no service at all") {
        rig.open("");
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::unsupported, true));
    }
    SECTION("a stream of another kind") {
        rig.open("db", visit_id, wire::ServiceKind::udp);
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::unsupported, true));
    }
    SECTION("a client that did not announce visits") {
        rig.laptop.emplace(rig.rig.log_in({.instance = 3}));
        rig.open("db");
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::unsupported, true));
    }
    SECTION("a service that has left meanwhile") {
        rig.office->unregister(service_id);
        rig.office->send_ping(1, false);
        rig.office->answer_pings = false;
        (void)rig.office->next(FrameType::ping);
        rig.open("db");
        CHECK(VisitRig::next_reset(*rig.laptop) == std::pair(Code::busy, true));
    }
    SECTION("too many in a moment") {
        // A part may all wait for an answer, more than the 256 that those of one service may; a little more than the
        // bound passes, since time does, too.
        constexpr wire::StreamId part = 500;
        int passed = 0;
        int busy = 0;
        for (wire::StreamId begun = 0; busy == 0 && begun < 50'000; begun += part) {
            rig.laptop->send_together([&] {
                for (wire::StreamId i = begun + 1; i <= begun + part; ++i) {
                    rig.open("nothing", 2 * i);
                }
            });
            for (wire::StreamId i = 0; i < part; ++i) {
                ++(VisitRig::next_reset(*rig.laptop).first == Code::busy ? busy : passed);
            }
        }
        CHECK(busy > 0);
        CHECK(passed >= 1'024);
    }
}
