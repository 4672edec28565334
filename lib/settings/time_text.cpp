#include "ferrotunnel/detail/time_text.hpp"

#include "config/values.hpp"

namespace ferrotunnel::detail {

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds most) {
    return config::parse_time(text, most);
}

}  // namespace ferrotunnel::detail
