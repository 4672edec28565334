#include "base/log.hpp"

namespace ferrotunnel {
namespace {

class NullLogger final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return false; }
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
};

}  // namespace

Logger& null_logger() noexcept {
    static NullLogger logger;
    return logger;
}

}  // namespace ferrotunnel
