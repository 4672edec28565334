// The input is the first bytes of a connection. The verdict falls at one byte, whatever follows that byte; and a header
// that was read, and that we write again in both versions, reads back equal.
#include <cstdint>
#include <vector>

#include "base/limits.hpp"
#include "net/proxy_protocol.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::net;

namespace {

using Status = ProxyReading::Status;

void require_same(const ProxyReading& left, const ProxyReading& right) {
    require(left.status == right.status && left.version == right.version && left.header == right.header);
    require(left.size == right.size && left.error == right.error);
}

void require_read_back(const ProxyHeader& header, ProxyVersion version, const std::vector<std::uint8_t>& written) {
    const ProxyReading reading = read_proxy_header(written);
    require(reading.status == Status::complete && reading.version == version);
    require(reading.size == written.size() && reading.header == header);
}

void write_again(ProxyHeader header) {
    header.unix_sockets = false;  // their names are not kept
    header.datagrams = header.datagrams && header.source.family != 0;
    std::vector<std::uint8_t> room(proxy_written_max);
    for (bool with_checksum : {false, true}) {
        room.resize(proxy_written_max);
        room.resize(write_proxy_v2(header, room.data(), with_checksum));
        require_read_back(header, ProxyVersion::v2, room);
    }
    header.local = header.datagrams = false;  // version 1 can express neither
    room.resize(proxy_written_max);
    room.resize(write_proxy_v1(header, room.data()));
    require_read_back(header, ProxyVersion::v1, room);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ProxyReading whole = read_proxy_header({data, size});
    ProxyReading first;
    for (std::size_t have = 0; have <= size && first.status == Status::more; ++have) {
        first = read_proxy_header({data, have});
        if (first.status != Status::more) {
            require(have <= limits::proxy_header_bytes_max);
            const std::vector<std::uint8_t> exact(data, data + have);  // AddressSanitizer sees a read beyond it
            require_same(read_proxy_header(exact), first);
        }
    }
    require_same(first, whole);
    require((whole.status == Status::malformed) == (whole.error != nullptr));
    if (whole.status == Status::complete) {
        require(whole.size <= size && whole.size > 0);
        require(whole.header.source.family == whole.header.destination.family);
        write_again(whole.header);
    }
    return 0;
}
