// What the tests of streams have in common: an application's thread, coroutines that must end, and bytes to recognise.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ferrotunnel/listener.hpp"
#include "ferrotunnel/stream.hpp"
#include "unit/api/session_pair.hpp"

namespace ferrotunnel::test {

inline constexpr auto deadline = std::chrono::seconds(120);

/// Runs coroutines on `io` until all have ended; the first exception is rethrown.
template <typename... Coroutines>
void run_all(asio::io_context& io, Coroutines... coroutines) {
    int left = sizeof...(coroutines);
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr error) {
        failure = failure ? failure : error;
        if (--left == 0 || error) {
            io.stop();
        }
    };
    (asio::co_spawn(io, std::move(coroutines), ended), ...);
    io.restart();
    io.run_for(deadline);
    if (failure) {
        std::rethrow_exception(failure);
    }
    REQUIRE(left == 0);
}

/// Two ends of one stream.
struct Ends {
    Stream near;  // opened by the server's side
    Stream far;   // accepted on the client's side
};

inline Ends connect(asio::io_context& io, SessionPair& pair, Listener& listener) {
    Ends ends;
    auto opening = [&]() -> asio::awaitable<void> {
        ends.near = co_await pair.async_open(io.get_executor(), asio::use_awaitable);
    };
    auto accepting = [&]() -> asio::awaitable<void> { ends.far = co_await listener.async_accept(asio::use_awaitable); };
    run_all(io, opening(), accepting());
    return ends;
}

/// Bytes that differ from place to place and do not repeat with any power of two.
inline std::vector<std::uint8_t> pattern(std::size_t size, std::uint32_t seed = 1) {
    std::vector<std::uint8_t> bytes(size);
    std::uint32_t state = seed * 2'654'435'761U + 1;
    for (std::uint8_t& byte : bytes) {
        state = state * 1'664'525U + 1'013'904'223U;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
    return bytes;
}

/// Reads to the end; the error that ended it is in `end`.
inline asio::awaitable<std::vector<std::uint8_t>> read_to_end(Stream& stream, std::error_code& end) {
    std::vector<std::uint8_t> all;
    std::vector<std::uint8_t> part(50'000);
    while (true) {
        std::error_code ec;
        std::size_t n =
            co_await stream.async_read_some(asio::buffer(part), asio::redirect_error(asio::use_awaitable, ec));
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
        if (ec) {
            end = ec;
            co_return all;
        }
    }
}

}  // namespace ferrotunnel::test
