#include "session/waiting_visitors.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace ferrotunnel::session {

void send_to_others(directory::VisitorLine line) {
    while (!line.empty()) {
        line.give_first([]<typename AnyVisitor>(AnyVisitor visitor) {
            if constexpr (std::is_same_v<AnyVisitor, directory::Visitor>) {
                const std::shared_ptr<directory::SharedPort> port = visitor.port;
                if (port) {  // otherwise it is reset: a private service has no other entrance
                    port->hand_over(std::move(visitor));
                }
            } else {
                directory::hand_over(std::move(visitor));
            }
        });
    }
}

}  // namespace ferrotunnel::session
