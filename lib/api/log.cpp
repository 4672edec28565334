#include "ferrotunnel/log.hpp"

#include <memory>
#include <vector>

#include "observe/console_log.hpp"

namespace ferrotunnel {

LogSink stderr_log(LogFormat format) {
    auto log = std::make_shared<observe::ConsoleLog>(format == LogFormat::json ? observe::ConsoleLog::Format::json
                                                                               : observe::ConsoleLog::Format::text);
    return [log](const LogRecord& record) {
        std::vector<observe::LogPair> fields;
        fields.reserve(record.fields.size());
        for (const LogRecord::Field& field : record.fields) {
            fields.push_back({field.key, field.value});
        }
        log->write(record.time, record.level, record.message, fields, record.ending);
    };
}

}  // namespace ferrotunnel
