// The extension ImportFleet: an existing fleet with the identities it has (DESIGN 5.22).
#include <utility>

#include "api/actions/answering.hpp"
#include "api/actions/handlers.hpp"
#include "api/fleet_entries.hpp"
#include "api/reading.hpp"
#include "api/render_fleet.hpp"

namespace rollcall::api {

void import_fleet(const ActionContext& context, Call& call, Answer answer) {
  auto command = read_fleet_entries(text_of(call.parameters, "Entries"));
  if (!command) return refuse_call(answer, std::move(command.error()));
  command->dry_run = boolean_of(call.parameters, "DryRun", false);
  send_command<engine::FleetImported>(context, call, std::move(*command), answer,
                                      [dry_run = command->dry_run](const engine::FleetImported& imported) {
                                        return render_fleet_imported(imported, dry_run);
                                      });
}

}  // namespace rollcall::api
