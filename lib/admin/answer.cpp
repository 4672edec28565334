#include "admin/answer.hpp"

namespace ferrotunnel::admin {

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace ferrotunnel::admin
