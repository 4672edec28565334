// The input is the metadata of a visitor that another member of a cluster forwards. What is accepted is encoded again:
// the result must fit and be read equal. Its texts are printable.
#include <cstdint>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "peers/visitor_header.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = peers::read_visitor_header({data, size});
    if (!header) {
        return 0;
    }
    require(is_printable(header->host) && header->host.size() <= limits::open_host_max);
    require(is_printable(header->service) && header->service.size() <= limits::service_name_max);
    const std::vector<std::uint8_t> again = peers::encode_visitor_header(*header);
    require(again.size() <= limits::open_metadata_max);
    require(peers::read_visitor_header(again) == *header);
    return 0;
}
