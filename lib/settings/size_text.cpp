#include "ferrotunnel/detail/size_text.hpp"

#include "config/values.hpp"

namespace ferrotunnel::detail {

std::optional<std::uint64_t> read_size(std::string_view text) {
    return config::parse_size(text);
}

}  // namespace ferrotunnel::detail
