// What frames a message, or belongs to a connection, is the edge's: on answers as on requests no plugin writes it, and
// none gets a line end into a head.
#include <string>
#include <utility>
#include <vector>

#include "unit/plugin/run_rig.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using hooks::Step;

const std::vector<std::pair<std::string, std::string>> forbidden{
    {"Content-Length", "3"},
    {"content_length", "3"},
    {"Transfer-Encoding", "chunked"},
    {"TRANSFER_ENCODING", "chunked"},
    {"Connection", "close"},
    {"Connection", "X-Stays"},
    {"Upgrade", "websocket"},
    {"Trailer", "X-Stays"},
    {"Keep-Alive", "timeout=1"},
    {"Proxy-Connection", "close"},
    {"Proxy-Authenticate", "Basic"},
    {"TE", "trailers"},
    {"X-Request-Id", "1"},
    {"Via", "1.1 me"},
    {"Forwarded", "for=x"},
    {"X-Forwarded-For", "10.0.0.1"},
    {"X-FerroTunnel-Error", "none"},
    {"X-Own", "1\r\nContent-Length: 0"},
    {"X-Own", "1\nContent-Length: 0"},
    {"X-Own", "1\rContent-Length: 0"},
    {"X-Own", std::string("1\0", 2)},
    {"X-Own\r\nContent-Length", "0"},
    {"X-Own:", "1"},
    {"X Own", "1"},
    {"", "1"},
};

int writes = 0;  // that were done

void write_all(Exchange& exchange, Side side) {
    for (const auto& [name, value] : forbidden) {
        writes += exchange.set(side, name, value) ? 1 : 0;
        writes += exchange.add(side, name, value) ? 1 : 0;
    }
    for (const char* name : {"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer"}) {
        writes += exchange.remove(side, name) ? 1 : 0;
    }
}

class Framer final : public Plugin {
public:
    static constexpr Description description{.name = "framer", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        write_all(exchange, Side::request);
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        write_all(exchange, Side::response);
        return Decision::go_on();
    }
};

/// Answers with the field whose number it has.
class Answerer final : public Plugin {
public:
    static constexpr Description description{.name = "answerer", .version = "1", .guard = true};
    static inline std::size_t nth = 0;

    Decision on_response(Exchange&) override {
        const auto& [name, value] = forbidden[nth];
        return Decision::respond({200, {{name, value}}, "body"});
    }
};

}  // namespace

TEST_CASE("framing: no plugin writes or removes it, on either side", "[plugin][framing]") {
    writes = 0;
    PluginRig rig;
    rig.add<Framer>();
    rig.begin("POST /a", "Content-Length: 5\r\n");
    const std::string before = rig.sent();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.sent() == before);
    const std::string answer = "Content-Length: 4\r\nX-Stays: 1\r\n";
    CHECK(rig.answer(200, answer) == Step::go_on);
    CHECK(rig.shown() == "HTTP/1.1 200 Is\r\n" + answer + "\r\n");
    CHECK(writes == 0);
    rig.end();
}

TEST_CASE("framing: that of a chunked answer and of an upgrade stays too", "[plugin][framing]") {
    for (const auto& [status, fields] :
         std::vector<std::pair<std::uint16_t, std::string>>{{200, "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n"},
                                                            {101, "Connection: Upgrade\r\nUpgrade: echo\r\n"}}) {
        writes = 0;
        CAPTURE(status);
        PluginRig rig;
        rig.add<Framer>();
        rig.begin("GET /a", "Connection: Upgrade\r\nUpgrade: echo\r\n");
        CHECK(rig.ask() == Step::go_on);
        CHECK(rig.answer(status, fields) == Step::go_on);
        CHECK(writes == 0);
        http::Edits edits;
        CHECK(rig.run->put_response(edits));
        CHECK(edits.all().empty());
        rig.end();
    }
}

TEST_CASE("framing: an answer with such a field is a failure", "[plugin][framing]") {
    for (Answerer::nth = 0; Answerer::nth < forbidden.size(); ++Answerer::nth) {
        CAPTURE(forbidden[Answerer::nth].first, forbidden[Answerer::nth].second);
        PluginRig rig;
        rig.add<Answerer>();
        rig.begin("GET /a");
        CHECK(rig.ask() == Step::go_on);
        CHECK(rig.answer(200, "Content-Length: 4\r\n") == Step::answer);
        CHECK(rig.run->take_reply().page == http::PageState::internal_error);
        rig.end();
    }
}

}  // namespace ferrotunnel::test
