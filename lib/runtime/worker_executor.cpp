#include "runtime/worker_executor.hpp"

#include <asio/io_context.hpp>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

asio::any_io_executor executor_of(Worker& worker) {
    if (!worker.owns_thread()) {
        return worker.io().get_executor();
    }
    return WorkerExecutor(worker.handler_home());
}

}  // namespace ferrotunnel::runtime
