#include "sink_logger.hpp"

#include <exception>
#include <vector>

namespace ferrotunnel::detail {

void SinkLogger::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
    if (!enabled(level)) {
        return;
    }
    try {
        std::vector<LogRecord::Field> views;
        views.reserve(fields.size());
        for (const LogField& field : fields) {
            if (!field.value.empty()) {  // nothing is known: a client without a name
                views.push_back({field.key, field.value});
            }
        }
        sink_({std::chrono::system_clock::now(), level, message, views});
    } catch (...) {  // a line that can not be written is no reason to stop
    }
}

void log_thrown(Logger& log, std::string_view what, const std::exception_ptr& thrown) noexcept {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        log.error(what, {{"what", error.what()}});
    } catch (...) {
        log.error(what, {{"what", "not a std::exception"}});
    }
}

}  // namespace ferrotunnel::detail
