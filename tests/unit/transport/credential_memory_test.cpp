// The text of a private key is nowhere in this process once the key was read.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/wipe.hpp"
#include "runtime/socket.hpp"
#include "transport/credential_state.hpp"
#include "unit/transport/made_certificates.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

constexpr char memory_mask = 0x55;

void mask_text(std::string& text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return static_cast<char>(c ^ memory_mask); });
}

// How often the text, which is masked, is in the writable memory of this process. A region is read piece by piece into
// one buffer, where the text is not counted.
std::size_t count_in_memory(const std::string& masked) {
    constexpr std::size_t region_max = 256 << 20;
    const runtime::Fd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    std::vector<char> piece(1 << 20);
    std::size_t found = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char mode[5] = "";
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3 || std::strncmp(mode, "rw", 2) != 0 ||
            end - begin > region_max) {
            continue;
        }
        for (unsigned long at = begin; at < end; at += piece.size() / 2) {
            const auto own = reinterpret_cast<unsigned long>(piece.data());
            if (at + piece.size() > own && at < own + piece.size()) {
                continue;
            }
            const ssize_t got =
                ::pread(memory.get(), piece.data(), std::min(piece.size(), end - at), static_cast<off_t>(at));
            const auto stop = piece.begin() + std::max<ssize_t>(got, 0);
            const auto same = [](char here, char there) { return static_cast<char>(here ^ memory_mask) == there; };
            found += std::search(piece.begin(), stop, masked.begin(), masked.end(), same) != stop ? 1 : 0;
            std::fill(piece.begin(), piece.end(), '\0');
        }
    }
    return found;
}

}  // namespace

TEST_CASE("the text of a private key is overwritten once it was read", "[credentials][large]") {
    const Made made = make_for("a.example");
    const std::string chain = certificate_pem(made);
    std::string key = key_pem(made);
    std::string needle = key.substr(key.size() / 2, 40);
    mask_text(needle);
    REQUIRE(count_in_memory(needle) > 0);
    const auto parsed = parse_credential(chain, key, {}, std::chrono::system_clock::now());
    std::string both;  // the key in the certificate's text
    both.reserve(chain.size() + key.size());
    both.append(chain).append(key);
    const auto again = parse_credential(both, {}, {}, std::chrono::system_clock::now());
    wipe(key);
    wipe(both);
    CHECK(count_in_memory(needle) == 0);
    CHECK(parsed != nullptr);
    CHECK(again != nullptr);
}
