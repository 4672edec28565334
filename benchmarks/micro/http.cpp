// Heads and bodies of HTTP: bytes to meaning, and back.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "http/body_reader.hpp"
#include "http/forwarding.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "instructions/http_messages.hpp"

namespace {

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using namespace ferrotunnel::instructions;

void parse_request(benchmark::State& state, std::string_view text) {
    RequestParser parser;
    for (auto _ : state) {
        benchmark::ClobberMemory();  // the bytes may have changed
        parser.reset();
        benchmark::DoNotOptimize(parser.parse(text));
        benchmark::DoNotOptimize(&parser.head());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(parse_request, small, small_request);
BENCHMARK_CAPTURE(parse_request, browser, browser_request);

// A request byte by byte, as it comes from somebody who wants to make its parsing expensive.
void parse_request_by_bytes(benchmark::State& state) {
    RequestParser parser;
    for (auto _ : state) {
        parser.reset();
        for (std::size_t size = 1; size <= browser_request.size(); ++size) {
            benchmark::DoNotOptimize(parser.parse(browser_request.substr(0, size)));
        }
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_request_by_bytes);

void parse_response(benchmark::State& state) {
    ResponseParser parser;
    for (auto _ : state) {
        benchmark::ClobberMemory();
        parser.reset();
        benchmark::DoNotOptimize(parser.parse(usual_response));
        benchmark::DoNotOptimize(&parser.head());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(usual_response.size()));
}
BENCHMARK(parse_response);

// Writes a head with the fields that an edge adds.
void write_request_head(benchmark::State& state, std::string_view text) {
    RequestParser parser;
    if (parser.parse(text) != ParseState::complete) {
        state.SkipWithError("the request is refused");
        return;
    }
    std::array<char, 4'096> into;
    ForwardingFacts facts;
    facts.peer = "203.0.113.195";
    facts.request_id = "0194f3a2-7b1c-7def-8000-0123456789ab";
    for (auto _ : state) {
        benchmark::ClobberMemory();
        const Forwarding forwarding(parser.head(), facts);
        Edits edits;
        benchmark::DoNotOptimize(forwarding.write(edits));
        RequestOut out = RequestOut::of(parser.head());
        out.edits = &edits;
        benchmark::DoNotOptimize(http::write_request(out, into));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(write_request_head, small, small_request);
BENCHMARK_CAPTURE(write_request_head, browser, browser_request);

void write_response_head(benchmark::State& state) {
    ResponseParser parser;
    if (parser.parse(usual_response) != ParseState::complete) {
        state.SkipWithError("the response is refused");
        return;
    }
    std::array<char, 4'096> into;
    for (auto _ : state) {
        benchmark::ClobberMemory();
        benchmark::DoNotOptimize(http::write_response(ResponseOut::of(parser.head(), Version::http11, true), into));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_response_head);

// 64 KiB in chunks of the given size; no payload is copied.
void read_chunks(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::string body;
    for (std::size_t done = 0; done < 65'536; done += size) {
        body += ChunkHead(size).text();
        body.append(size, 'd');
        body += chunk_end;
    }
    std::int64_t chunks = 0;
    for (auto _ : state) {
        BodyReader reader(Body{BodyKind::chunked, 0});
        for (std::string_view rest = body; !rest.empty();) {
            const BodyReader::Piece piece = reader.next(rest);
            benchmark::DoNotOptimize(piece.payload.data());
            rest.remove_prefix(piece.consumed);
            ++chunks;
        }
    }
    state.SetItemsProcessed(chunks);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(read_chunks)->Arg(16)->Arg(1024)->Arg(16'384)->ArgName("chunk");

}  // namespace
