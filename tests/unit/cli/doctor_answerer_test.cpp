// The doctor's own backend.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "doctor/answerer.hpp"
#include "doctor/limits.hpp"
#include "doctor/socket.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

std::string answer_to(const Socket& visitor) {
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::string answer;
    (void)send_all(visitor.get(), "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", deadline);
    while (receive_some(visitor.get(), answer, deadline)) {
    }
    return answer;
}

}  // namespace

TEST_CASE("limit: the doctor's own backend answers so many visitors, and closes the connection of one more",
          "[doctor]") {
    const Answerer answerer("the mark");
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    const std::string local = answerer.local();
    const auto port = static_cast<std::uint16_t>(std::stoul(local.substr(local.find(':') + 1)));
    const Resolved at = resolve("127.0.0.1", port, deadline);
    REQUIRE(at.addresses.size() == 1);
    for (std::size_t i = 0; i <= visitors_max; ++i) {
        std::vector<Dialled> dialled = dial(at.addresses, deadline);
        REQUIRE(dialled.at(0).socket);
        const std::string answer = answer_to(dialled[0].socket);
        CHECK(answer.ends_with("the mark") == (i < visitors_max));
    }
}

}  // namespace ferrotunnel::cli::doctor
