// The input is the first bytes of a connection. However they are split, the verdict, the name and the words are the
// same; and what is accepted is in the form that routing compares.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/limits.hpp"
#include "net/client_hello.hpp"
#include "net/host_name.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::net;

namespace {

using Status = ClientHelloReader::Status;

void require_same(const ClientHelloReader& left, const ClientHelloReader& right) {
    require(left.hello() == right.hello());
    require(left.error() == right.error());
    require(left.foreign() == right.foreign());
}

// Shows the reader `first` bytes of the input, then `step` more each time. Returns after how many bytes it decided.
std::size_t feed(ClientHelloReader& reader, Bytes input, std::size_t first, std::size_t step, Status& status) {
    std::size_t have = 0;
    status = Status::more;
    while (have < input.size() && status == Status::more) {
        have = std::min(input.size(), have == 0 ? first : have + step);
        status = reader.examine(input.first(have));
    }
    return have;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input(data, size);
    ClientHelloReader whole;
    const Status status = whole.examine(input);

    ClientHelloReader slow;
    Status slow_status = Status::more;
    const std::size_t decided = feed(slow, input, 1, 1, slow_status);
    require(slow_status == status);
    require_same(slow, whole);
    for (const std::size_t step : {2UL, 5UL, 64UL, 1'460UL}) {
        ClientHelloReader other;
        Status other_status = Status::more;
        feed(other, input, 1 + size % step, step, other_status);
        require(other_status == status);
        require_same(other, whole);
    }
    if (status != Status::more) {
        require(decided <= limits::client_hello_bytes_max);
        // A copy that ends with the deciding byte, so that AddressSanitizer sees a read beyond it.
        const std::vector<std::uint8_t> exact(data, data + decided);
        ClientHelloReader again;
        require(again.examine(exact) == status);
    }

    require((status == Status::malformed) == !whole.error().empty());
    const ClientHello& hello = whole.hello();
    if (status != Status::complete) {
        require(hello == ClientHello{});
        return 0;
    }
    if (!hello.server_name.empty()) {
        auto normal = normal_host_name(hello.server_name);
        require(normal && *normal == hello.server_name);
    }
    require(hello.protocols.size() <= limits::client_hello_protocols_max);
    for (const std::string& protocol : hello.protocols) {
        require(!protocol.empty() && protocol.size() <= 255);
    }
    return 0;
}
