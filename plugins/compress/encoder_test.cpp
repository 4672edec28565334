// Tests bodies of the plugin `compress`: readers receive what the backend has sent, when it has sent it, in limited
// memory.
#include "compress/encoder.hpp"

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "compress/compress.hpp"
#include "compress/compress_filter.hpp"
#include "compress/counted_memory.hpp"
#include "compress/decoder_for_tests.hpp"
#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace ferrotunnel::test;
using Way = hooks::BodyFilters;

namespace {

std::string random_bytes(std::size_t size, unsigned kinds = 256) {
    std::mt19937 random(1);
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random() % kinds);
    }
    return bytes;
}

struct CompressFixture : PluginRig {
    explicit CompressFixture(std::string_view settings = "{min_size: 1}") { add<Compress>({}, settings); }

    /// Requests a body, and begins the response. Null if it is not compressed.
    Way* get(Coding coding) {
        begin("GET /a", "Accept-Encoding: " + std::string(name_of(coding)) + "\r\n");
        REQUIRE(ask() == hooks::Step::go_on);
        REQUIRE(answer(200, "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n") == hooks::Step::go_on);
        return run->body(hooks::Side::response);
    }
    /// All output that is available now.
    static std::string taken(Way& way) {
        std::string all;
        while (true) {
            const buffer::Slice piece = way.take();
            if (piece.empty()) {
                return all;
            }
            all += as_text(piece.bytes());
        }
    }
};

/// Runs out of memory.
class FailingEncoder final : public Encoder {
public:
    Step encode(std::string_view&, Goal, std::span<char>) override { throw std::runtime_error("as the test wants"); }
};

/// Declares that the response is compressed, and then fails.
class Failing final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "failing", .version = "1"};

    plugin::Decision on_response(plugin::Exchange& exchange) override {
        auto share = MemoryBudget::take(std::make_shared<MemoryBudget>(1), 1);
        exchange.set(plugin::Side::response, "Content-Encoding", "gzip");
        CHECK(exchange.transform(plugin::Side::response, std::make_unique<CompressFilter>(
                                                             std::make_unique<FailingEncoder>(), std::move(*share))));
        return plugin::Decision::go_on();
    }
};

const Coding codings[] = {Coding::gzip, Coding::brotli};

}  // namespace

TEST_CASE("compress: bodies of any size in pieces of any size arrive", "[compress]") {
    for (const Coding coding : codings) {
        for (const std::size_t size : {0U, 1U, 1'023U, 1'024U, 16'376U, 16'377U, 300'000U}) {
            for (const unsigned kinds : {1U, 3U, 256U}) {
                for (const std::size_t piece : {1'000U, 16'376U, 70'000U}) {
                    INFO(name_of(coding) << " " << size << " " << kinds << " " << piece);
                    CompressFixture rig;
                    const std::string body = random_bytes(size, kinds);
                    Way* const way = rig.get(coding);
                    REQUIRE(way != nullptr);
                    const Decoded decoded = decode(coding, pass(*way, body, piece));
                    CHECK(decoded.text == body);
                    CHECK(decoded.is_complete);
                    CHECK_FALSE(decoded.is_damaged);
                    rig.end();
                }
            }
        }
    }
}

TEST_CASE("compress: each level makes less of a text than it was", "[compress]") {
    std::string body;
    while (body.size() < 200'000) {
        body += "The quick brown fox jumps over the lazy dog " + std::to_string(body.size()) + "\n";
    }
    for (const Coding coding : codings) {
        for (int level = 1; level <= (coding == Coding::gzip ? 9 : 6); ++level) {
            INFO(name_of(coding) << " " << level);
            CompressFixture rig("{min_size: 1, gzip_level: " + std::to_string(level) +
                                ", brotli_level: " + std::to_string(level < 7 ? level : 6) + "}");
            const std::string sent = pass(*rig.get(coding), body, 5'000);
            CHECK(decode(coding, sent).text == body);
            CHECK(sent.size() < body.size() / 2);
            rig.end();
        }
    }
}

TEST_CASE("compress: a reader gets what is there when nothing more comes for now", "[compress]") {
    for (const Coding coding : codings) {
        CompressFixture rig;
        Way& way = *rig.get(coding);
        std::string sent;
        std::string body;
        for (int i = 0; i < 50; ++i) {
            const std::string piece = "line " + std::to_string(i) + "\n";
            body += piece;
            way.put(piece, false);
            CHECK(way.flush());
            sent += CompressFixture::taken(way);
            const Decoded decoded = decode(coding, sent);
            CHECK(decoded.text == body);
            CHECK_FALSE(decoded.is_complete);
            CHECK_FALSE(way.flush());
        }
        way.put({}, true);
        sent += CompressFixture::taken(way);
        CHECK(decode(coding, sent).is_complete);
        CHECK(decode(coding, sent).text == body);
        CHECK(way.state() == Way::State::ended);
        rig.end();
    }
}

TEST_CASE("compress: of zeros something comes out each 128 KiB", "[compress]") {
    const std::string zeros(16'376, '\0');
    for (const Coding coding : codings) {
        CompressFixture rig;
        Way& way = *rig.get(coding);
        std::string sent;
        for (std::size_t put = zeros.size(); put < 600'000; put += zeros.size()) {
            way.put(zeros, false);
            sent += CompressFixture::taken(way);
            CHECK(decode(coding, sent).text.size() + 128 * 1024 + zeros.size() > put);
        }
        CHECK(sent.size() < 6'000);
        rig.end();
    }
}

TEST_CASE("compress: a reader who does not read holds the body back", "[compress]") {
    const std::string body = random_bytes(3'000'000);
    for (const Coding coding : codings) {
        CompressFixture rig;
        Way& way = *rig.get(coding);
        std::size_t put = 0;
        while (way.accepts() && put < body.size()) {
            way.put(std::string_view(body).substr(put, 16'376), false);
            put += 16'376;
        }
        CHECK(put < 512 * 1024);
        CHECK_FALSE(way.flush());  // something waits already
        std::string sent;
        while (put < body.size()) {
            sent += CompressFixture::taken(way);
            REQUIRE(way.accepts());
            way.put(std::string_view(body).substr(put, 16'376), put + 16'376 >= body.size());
            put += 16'376;
        }
        sent += CompressFixture::taken(way);
        CHECK(decode(coding, sent).text == body);
        rig.end();
    }
}

TEST_CASE("compress: encoders stay within their memory, whatever comes and wherever it is cut", "[compress]") {
    for (const Coding coding : codings) {
        for (int level = 1; level <= (coding == Coding::gzip ? 9 : 6); ++level) {
            for (const unsigned kinds : {2U, 256U}) {
                INFO(name_of(coding) << " " << level << " " << kinds);
                const std::string body = random_bytes(250'000, kinds);
                const std::unique_ptr<Encoder> encoder = Encoder::make(coding, level);
                std::vector<char> room(8'192);
                std::string sent;
                std::string_view rest = body;
                std::size_t n = 1;
                while (true) {
                    n = (n * 7 + 1) % 16'376 + 1;
                    std::string_view piece = rest.substr(0, n);
                    rest.remove_prefix(piece.size());
                    const Goal goal = rest.empty() ? Goal::finish : n % 5 == 0 ? Goal::flush : Goal::take;
                    Encoder::Step step;
                    do {
                        step = encoder->encode(piece, goal, room);
                        sent.append(room.data(), step.written);
                    } while (!step.is_done);
                    REQUIRE(piece.empty());
                    if (goal == Goal::finish) {
                        break;
                    }
                }
                const Decoded decoded = decode(coding, sent);
                CHECK(decoded.is_complete);
                CHECK(decoded.text == body);
            }
        }
    }
}

TEST_CASE("compress: what cannot be compressed is cut, and never sent as it is", "[compress]") {
    for (const bool closed : {false, true}) {
        PluginRig rig;
        rig.add<Failing>({"", closed, false});
        rig.begin();
        REQUIRE(rig.ask() == hooks::Step::go_on);
        REQUIRE(rig.answer() == hooks::Step::go_on);
        Way& way = *rig.run->body(hooks::Side::response);
        way.put("the first piece", false);
        CHECK(way.take().empty());
        CHECK(way.state() == Way::State::failed);
        rig.end();
    }
}

TEST_CASE("compress: an encoder whose memory ends says so, and gives all back", "[compress]") {
    CountedMemory memory(1'000);
    void* const one = memory.allocate(500);
    REQUIRE(one != nullptr);
    CHECK(memory.allocate(500) == nullptr);
    CHECK(memory.allocate(SIZE_MAX) == nullptr);
    CHECK(memory.allocate(SIZE_MAX - 8) == nullptr);
    memory.release(nullptr);
    memory.release(one);
    void* const two = memory.allocate(900);
    CHECK(two != nullptr);
    memory.release(two);
    CHECK(memory.peak() >= 900);
    CHECK(memory.peak() <= 1'000);
}

TEST_CASE("compress: all answers together stay within `memory`", "[compress]") {
    CompressFixture rig("{min_size: 1, memory: 4MiB, encodings: [br, gzip]}");
    std::vector<std::unique_ptr<hooks::HttpRun>> living;
    const auto coding_of_next = [&](const std::string& method) {
        rig.begin(method + " /a", "Accept-Encoding: gzip, br\r\n");
        REQUIRE(rig.ask() == hooks::Step::go_on);
        REQUIRE(rig.answer(200, "Content-Type: text/plain\r\n") == hooks::Step::go_on);
        const std::string shown = rig.shown();
        CHECK(shown.find("Vary: Accept-Encoding\r\n") != std::string::npos);
        living.push_back(std::move(rig.run));
        return shown.find("Encoding: br") != std::string::npos     ? "br"
               : shown.find("Encoding: gzip") != std::string::npos ? "gzip"
                                                                   : "plain";
    };
    CHECK(coding_of_next("HEAD") == std::string("br"));  // has no body, and needs no memory
    CHECK(coding_of_next("GET") == std::string("br"));
    for (int i = 0; i < 4; ++i) {
        CHECK(coding_of_next("GET") == std::string("gzip"));
    }
    CHECK(coding_of_next("GET") == std::string("plain"));
    living[1]->close({});
    living[1].reset();
    CHECK(coding_of_next("GET") == std::string("br"));
    for (const auto& run : living) {
        if (run) {
            run->close({});
        }
    }
}
