#include "session/waiting_visitors.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace ferrotunnel::session {

void reroute_visitors(directory::VisitorQueue queue) {
    while (!queue.empty()) {
        queue.consume_first([]<typename AnyVisitor>(AnyVisitor visitor) {
            if constexpr (std::is_same_v<AnyVisitor, directory::Visitor>) {
                const std::shared_ptr<directory::SharedPort> port = visitor.port;
                if (port) {  // otherwise it is reset: a private service has no other source
                    port->dispatch(std::move(visitor));
                }
            } else {
                directory::dispatch(std::move(visitor));
            }
        });
    }
}

}  // namespace ferrotunnel::session
