//! Tests of thermostats: settings, presets, schedules, programs and thresholds.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Body, Credentials, Error, Seam, Transport,
    endpoints::thermostats::daily_programs::DailyProgramPeriod,
    http,
    model::{ClimatePreset, DeviceProperties, TimeOfDay, Timestamp},
};
use seam_fake::{FRONT_DOOR, FakeSeam, NewDevice, THERMOSTAT};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn properties(seam: &Seam, device_id: &str) -> DeviceProperties {
    *seam.devices().get(device_id).await.unwrap().properties.unwrap()
}

async fn setting(seam: &Seam) -> ClimatePreset {
    *properties(seam, THERMOSTAT).await.current_climate_setting.unwrap()
}

/// Returns the key of the active climate preset, if any.
async fn preset(seam: &Seam) -> Option<String> {
    setting(seam).await.climate_preset_key
}

/// Returns the events of a type as JSON.
fn events(fake: &FakeSeam, event_type: &str) -> Vec<Value> {
    let all = fake.database().get("events").unwrap().as_array().unwrap().clone();
    all.into_iter().filter(|event| event.get("event_type") == Some(&json!(event_type))).collect()
}

fn assert_invalid<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(outcome.as_ref().unwrap_err().is_invalid_input(), "{outcome:?}");
}

fn period(starts_at: &str, climate_preset: &str) -> DailyProgramPeriod {
    DailyProgramPeriod::new(starts_at.parse::<TimeOfDay>().unwrap(), climate_preset)
}

/// Compares temperatures with a tolerance of 0.01, the precision of the fake.
fn assert_near(temperature: Option<f64>, expected: f64) {
    assert!((temperature.unwrap() - expected).abs() < 0.005, "{temperature:?} is not {expected}");
}

fn mode(setting: &ClimatePreset) -> String {
    setting.hvac_mode_setting.as_ref().unwrap().to_string()
}

// --- Settings.

#[tokio::test]
async fn modes_and_set_points_are_set() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();

    // The initial temperature is 21 °C.
    thermostats.heat(THERMOSTAT).heating_set_point_celsius(23.0).and_wait().await.unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!((now.is_heating, now.is_cooling, now.is_fan_running), (Some(true), Some(false), Some(true)));
    let heating = setting(&seam).await;
    assert_eq!((mode(&heating).as_str(), heating.climate_preset_key), ("heat", None));
    assert_near(heating.heating_set_point_fahrenheit, 73.4);

    thermostats.cool(THERMOSTAT).cooling_set_point_fahrenheit(68.0).and_wait().await.unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!((now.is_heating, now.is_cooling), (Some(false), Some(true)));
    assert_near(setting(&seam).await.cooling_set_point_celsius, 20.0);

    thermostats
        .heat_cool(THERMOSTAT)
        .heating_set_point_celsius(19.0)
        .cooling_set_point_celsius(25.0)
        .and_wait()
        .await
        .unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!((now.is_heating, now.is_cooling, now.is_fan_running), (Some(false), Some(false), Some(false)));

    thermostats.set_hvac_mode(THERMOSTAT, "heat").heating_set_point_celsius(22.5).and_wait().await.unwrap();
    assert_near(setting(&seam).await.heating_set_point_celsius, 22.5);
    thermostats.set_fan_mode(THERMOSTAT).fan_mode_setting("on").and_wait().await.unwrap();
    thermostats.off(THERMOSTAT).and_wait().await.unwrap();
    assert_eq!(mode(&setting(&seam).await), "off");
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!((now.is_heating, now.is_fan_running), (Some(false), Some(true)));

    let adjusted = events(&fake, "thermostat.manually_adjusted");
    assert_eq!(adjusted.len(), 6);
    assert!(adjusted.iter().all(|event| event.get("method") == Some(&json!("seam"))));
    let first = adjusted.first().unwrap();
    assert_eq!(first.get("hvac_mode_setting"), Some(&json!("heat")));
    assert_eq!(first.get("heating_set_point_celsius"), Some(&json!(23.0)));
    // Without a schedule, a change is not a temporary override.
    assert_eq!(now.is_temporary_manual_override_active, Some(false));
}

#[tokio::test]
async fn an_action_takes_effect_after_its_duration() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let attempt = seam.thermostats().off(THERMOSTAT).await.unwrap();
    assert_eq!(attempt.status.to_string(), "pending");
    assert_eq!(attempt.action_type.unwrap().to_string(), "SET_HVAC_MODE");
    assert_eq!(mode(&setting(&seam).await), "heat_cool");
    fake.advance(Duration::from_secs(1));
    assert_eq!(mode(&setting(&seam).await), "off");
}

#[tokio::test]
async fn unsupported_settings_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    assert_invalid(thermostats.heat(THERMOSTAT).heating_set_point_celsius(40.0).await);
    assert_invalid(thermostats.cool(THERMOSTAT).cooling_set_point_fahrenheit(50.0).await);
    let both_units = thermostats.heat(THERMOSTAT).heating_set_point_celsius(20.0).heating_set_point_fahrenheit(68.0);
    assert_invalid(both_units.await);
    let too_close = thermostats.heat_cool(THERMOSTAT).heating_set_point_celsius(22.0).cooling_set_point_celsius(23.0);
    assert_eq!(too_close.await.unwrap_err().error_type(), Some("invalid_heating_cooling_delta"));
    assert_invalid(thermostats.set_hvac_mode(THERMOSTAT, "eco").await);
    assert_invalid(thermostats.set_fan_mode(THERMOSTAT).fan_mode_setting("circulate").await);
    assert_invalid(thermostats.set_fan_mode(THERMOSTAT).await);
    let heater = fake.add_device(NewDevice::of_type("tado_thermostat").field("can_hvac_cool", false));
    let cool = thermostats.cool(heater).cooling_set_point_celsius(24.0);
    assert_eq!(cool.await.unwrap_err().error_type(), Some("cool_mode_not_available"));
    assert!(thermostats.off(FRONT_DOOR).await.unwrap_err().is_not_found());
    assert!(thermostats.off("none").await.unwrap_err().is_not_found());
    assert!(events(&fake, "thermostat.manually_adjusted").is_empty());

    let offline = fake.add_device(NewDevice::of_type("nest_thermostat").offline());
    let failure = thermostats.off(offline).and_wait().await.unwrap_err();
    assert!(failure.to_string().contains("device_offline"), "{failure}");
}

#[tokio::test]
async fn thermostats_are_listed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let nest = fake.add_device(NewDevice::of_type("nest_thermostat"));
    assert_eq!(seam.thermostats().list().await.unwrap().len(), 2);
    let found = seam.thermostats().list().manufacturer("nest").await.unwrap();
    assert_eq!(found.iter().map(|device| &device.device_id).collect::<Vec<_>>(), [&nest]);
    let found = seam.thermostats().list().device_types(["ecobee_thermostat"]).await.unwrap();
    assert_eq!(found.iter().map(|device| device.device_id.as_str()).collect::<Vec<_>>(), [THERMOSTAT]);

    let request = http::Request::post("/thermostats/list")
        .header("authorization", format!("Bearer {}", seam_fake::API_KEY))
        .body(Body::from("{}".to_owned()))
        .unwrap();
    let body: Value = serde_json::from_slice(fake.send(request).await.unwrap().body().as_ref()).unwrap();
    assert_eq!(body.get("devices"), body.get("thermostats"));
}

// --- Temperatures.

#[tokio::test]
async fn a_temperature_beyond_a_threshold_emits_events() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    thermostats.heat(THERMOSTAT).heating_set_point_celsius(23.0).and_wait().await.unwrap();
    thermostats
        .set_temperature_threshold(THERMOSTAT)
        .lower_limit_celsius(10.0)
        .upper_limit_fahrenheit(77.0)
        .await
        .unwrap();
    let threshold = properties(&seam, THERMOSTAT).await.temperature_threshold.unwrap();
    assert_near(threshold.lower_limit_fahrenheit, 50.0);
    assert_near(threshold.upper_limit_celsius, 25.0);

    let reach = |celsius: f64| thermostats.simulate().temperature_reached(THERMOSTAT).temperature_celsius(celsius);
    reach(23.5).await.unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!(now.is_heating, Some(false));
    assert_near(now.temperature_fahrenheit, 74.3);
    let reached = events(&fake, "thermostat.temperature_reached_set_point");
    assert_eq!(reached.first().unwrap().get("desired_temperature_celsius"), Some(&json!(23.0)));
    assert_eq!(events(&fake, "thermostat.temperature_changed").len(), 1);

    reach(26.0).await.unwrap();
    reach(27.0).await.unwrap();
    let exceeded = events(&fake, "thermostat.temperature_threshold_exceeded");
    assert_eq!(exceeded.len(), 1, "once, not with every temperature");
    assert_eq!(exceeded.first().unwrap().get("upper_limit_fahrenheit"), Some(&json!(77.0)));
    assert_eq!(seam.devices().get(THERMOSTAT).await.unwrap().warnings.len(), 1);
    thermostats.simulate().temperature_reached(THERMOSTAT).temperature_fahrenheit(70.0).await.unwrap();
    assert_eq!(events(&fake, "thermostat.temperature_threshold_no_longer_exceeded").len(), 1);
    assert!(seam.devices().get(THERMOSTAT).await.unwrap().warnings.is_empty());

    reach(5.0).await.unwrap();
    assert_eq!(events(&fake, "thermostat.temperature_threshold_exceeded").len(), 2);
    // Without limits, no temperature is beyond a threshold.
    thermostats.set_temperature_threshold(THERMOSTAT).clear_lower_limit_celsius().await.unwrap();
    assert_eq!(properties(&seam, THERMOSTAT).await.temperature_threshold.unwrap().lower_limit_celsius, None);
    assert_eq!(events(&fake, "thermostat.temperature_threshold_no_longer_exceeded").len(), 2);

    assert_invalid(thermostats.simulate().temperature_reached(THERMOSTAT).await);
    let crossed = thermostats.set_temperature_threshold(THERMOSTAT).lower_limit_celsius(20.0);
    assert_invalid(crossed.upper_limit_celsius(15.0).await);
}

#[tokio::test]
async fn simulations_require_a_sandbox() {
    let fake = FakeSeam::empty();
    fake.add("workspaces", json!({ "workspace_id": "real", "name": "Real", "is_sandbox": false })).unwrap();
    fake.add("api_keys", json!({ "token": "seam_real", "workspace_id": "real" })).unwrap();
    let device = fake.add_device(NewDevice::of_type("ecobee_thermostat").workspace("real"));
    let seam = fake.seam().with_credentials(Credentials::api_key("seam_real").unwrap());
    let error = seam.thermostats().simulate().temperature_reached(device.clone()).temperature_celsius(3.0).await;
    assert_eq!(error.unwrap_err().error_type(), Some("workspace_not_sandbox"));
    let error = seam.thermostats().simulate().hvac_mode_adjusted(device.clone(), "off").await;
    assert_eq!(error.unwrap_err().error_type(), Some("workspace_not_sandbox"));
    // Another workspace does not see the thermostat.
    assert!(fake.seam().thermostats().off(device).await.unwrap_err().is_not_found());
}

// --- Presets.

#[tokio::test]
async fn presets_are_created_used_changed_and_deleted() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    thermostats
        .create_climate_preset(THERMOSTAT, "guests")
        .name("Guests")
        .climate_preset_mode("home")
        .hvac_mode_setting("heat_cool")
        .fan_mode_setting("on")
        .heating_set_point_celsius(20.0)
        .cooling_set_point_fahrenheit(77.0)
        .await
        .unwrap();
    let presets = properties(&seam, THERMOSTAT).await.available_climate_presets;
    assert_eq!(presets.len(), 4);
    let new = presets.last().unwrap();
    assert_eq!(new.display_name.as_deref(), Some("Guests"));
    assert_eq!((new.can_edit, new.can_delete), (Some(true), Some(true)));
    assert_near(new.cooling_set_point_celsius, 25.0);
    assert_invalid(thermostats.create_climate_preset(THERMOSTAT, "guests").await);
    assert_invalid(thermostats.create_climate_preset(THERMOSTAT, "hot").heating_set_point_celsius(50.0).await);

    thermostats.activate_climate_preset(THERMOSTAT, "guests").and_wait().await.unwrap();
    assert_eq!(preset(&seam).await.as_deref(), Some("guests"));
    assert_eq!(properties(&seam, THERMOSTAT).await.is_fan_running, Some(true));
    let activated = events(&fake, "thermostat.climate_preset_activated");
    assert_eq!(activated.first().unwrap().get("climate_preset_key"), Some(&json!("guests")));
    assert_eq!(activated.first().unwrap().get("is_fallback_climate_preset"), Some(&json!(false)));

    thermostats.update_climate_preset(THERMOSTAT, "guests").heating_set_point_celsius(18.0).clear_name().await.unwrap();
    let presets = properties(&seam, THERMOSTAT).await.available_climate_presets;
    assert_eq!(presets.last().unwrap().display_name.as_deref(), Some("guests"));
    assert_near(presets.last().unwrap().heating_set_point_celsius, 18.0);
    assert_near(presets.last().unwrap().cooling_set_point_celsius, 25.0);

    thermostats.set_fallback_climate_preset(THERMOSTAT, "guests").await.unwrap();
    assert_eq!(properties(&seam, THERMOSTAT).await.fallback_climate_preset_key.as_deref(), Some("guests"));
    thermostats.delete_climate_preset(THERMOSTAT, "guests").await.unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!((now.available_climate_presets.len(), now.fallback_climate_preset_key), (3, None));

    // Predefined presets cannot be deleted, and deleted presets cannot be used.
    assert_invalid(thermostats.delete_climate_preset(THERMOSTAT, "home").await);
    assert!(thermostats.activate_climate_preset(THERMOSTAT, "guests").await.unwrap_err().is_not_found());
    assert!(thermostats.set_fallback_climate_preset(THERMOSTAT, "guests").await.unwrap_err().is_not_found());
    assert!(thermostats.update_climate_preset(THERMOSTAT, "guests").await.unwrap_err().is_not_found());
    assert!(thermostats.delete_climate_preset(THERMOSTAT, "guests").await.unwrap_err().is_not_found());
}

// --- Schedules. The simulated clock starts at 9:00.

#[tokio::test]
async fn a_schedule_starts_and_ends() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let schedules = seam.thermostats().schedules();
    seam.thermostats().set_fallback_climate_preset(THERMOSTAT, "away").await.unwrap();
    let new = schedules
        .create(THERMOSTAT, "sleep", at("2026-11-24T10:00:00Z"), at("2026-11-24T12:00:00Z"))
        .name("Nap")
        .await
        .unwrap();
    let id = new.thermostat_schedule_id;
    assert_eq!((new.name.as_deref(), new.is_override_allowed), (Some("Nap"), Some(true)));
    assert_eq!(schedules.get(id.clone()).await.unwrap().climate_preset_key.as_deref(), Some("sleep"));
    assert_eq!(schedules.list(THERMOSTAT).await.unwrap().len(), 1);
    assert_eq!(preset(&seam).await.as_deref(), Some("home"));

    fake.advance(HOUR);
    assert_eq!(preset(&seam).await.as_deref(), Some("sleep"));
    assert_eq!(properties(&seam, THERMOSTAT).await.active_thermostat_schedule_id, Some(id.clone()));
    fake.advance(2 * HOUR);
    assert_eq!(preset(&seam).await.as_deref(), Some("away"));
    assert_eq!(properties(&seam, THERMOSTAT).await.active_thermostat_schedule_id, None);
    let activated: Vec<_> = events(&fake, "thermostat.climate_preset_activated")
        .iter()
        .map(|event| {
            let field = |name: &str| event.get(name).cloned().unwrap();
            (field("thermostat_schedule_id"), field("climate_preset_key"), field("is_fallback_climate_preset"))
        })
        .collect();
    assert_eq!(
        activated,
        [(json!(id.as_str()), json!("sleep"), json!(false)), (json!(null), json!("away"), json!(true))]
    );
    schedules.delete(id.clone()).await.unwrap();
    assert!(schedules.get(id.clone()).await.unwrap_err().is_not_found());
    assert!(schedules.delete(id.clone()).await.unwrap_err().is_not_found());
    assert!(schedules.update(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_active_schedule_can_be_changed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let schedules = seam.thermostats().schedules();
    let new = schedules.create(THERMOSTAT, "sleep", at("2026-11-24T09:00:00Z"), at("2026-11-24T12:00:00Z")).await;
    let id = new.unwrap().thermostat_schedule_id;
    assert_eq!(preset(&seam).await.as_deref(), Some("sleep"), "it has started already");
    schedules.update(id.clone()).climate_preset_key("away").name("Out").await.unwrap();
    assert_eq!(preset(&seam).await.as_deref(), Some("away"));
    // The schedule moves to the future and is inactive until then.
    schedules.update(id.clone()).starts_at(at("2026-11-24T11:00:00Z")).await.unwrap();
    assert_eq!(properties(&seam, THERMOSTAT).await.active_thermostat_schedule_id, None);
    fake.advance(2 * HOUR);
    assert_eq!(properties(&seam, THERMOSTAT).await.active_thermostat_schedule_id, Some(id.clone()));
    schedules.delete(id).await.unwrap();
    assert_eq!(properties(&seam, THERMOSTAT).await.active_thermostat_schedule_id, None);
    // Nothing happens at the earlier end time.
    let before = events(&fake, "thermostat.climate_preset_activated").len();
    fake.advance(5 * HOUR);
    assert_eq!(events(&fake, "thermostat.climate_preset_activated").len(), before);
}

#[tokio::test]
async fn invalid_schedules_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let schedules = seam.thermostats().schedules();
    let create = |key: &str, from: &str, to: &str| schedules.create(THERMOSTAT, key, at(from), at(to));
    assert!(create("none", "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z").await.unwrap_err().is_not_found());
    assert_invalid(create("home", "2026-11-24T11:00:00Z", "2026-11-24T10:00:00Z").await);
    assert_invalid(create("home", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z").await);
    let first = create("home", "2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z").await.unwrap();
    assert_invalid(create("home", "2026-11-24T11:00:00Z", "2026-11-24T13:00:00Z").await);
    create("home", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00Z").await.unwrap();
    let id = first.thermostat_schedule_id;
    assert_invalid(schedules.update(id.clone()).ends_at(at("2026-11-24T12:30:00Z")).await);
    assert!(schedules.update(id).climate_preset_key("none").await.unwrap_err().is_not_found());
    assert!(schedules.list("none").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_duration_of_an_override_is_limited_by_the_schedule() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    thermostats
        .schedules()
        .create(THERMOSTAT, "sleep", at("2026-11-24T09:00:00Z"), at("2026-11-24T15:00:00Z"))
        .max_override_period_minutes(30)
        .await
        .unwrap();
    thermostats.simulate().hvac_mode_adjusted(THERMOSTAT, "heat").heating_set_point_celsius(24.0).await.unwrap();
    assert_eq!(preset(&seam).await, None);
    assert_eq!(properties(&seam, THERMOSTAT).await.is_temporary_manual_override_active, Some(true));
    let adjusted = events(&fake, "thermostat.manually_adjusted");
    assert_eq!(adjusted.first().unwrap().get("method"), Some(&json!("external")));

    // A second change restarts the duration.
    fake.advance(20 * MINUTE);
    thermostats.off(THERMOSTAT).and_wait().await.unwrap();
    fake.advance(20 * MINUTE);
    assert_eq!(mode(&setting(&seam).await), "off");
    fake.advance(20 * MINUTE);
    assert_eq!(preset(&seam).await.as_deref(), Some("sleep"));
    assert_eq!(properties(&seam, THERMOSTAT).await.is_temporary_manual_override_active, Some(false));
}

#[tokio::test]
async fn a_schedule_may_disable_overrides() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    thermostats
        .schedules()
        .create(THERMOSTAT, "sleep", at("2026-11-24T09:00:00Z"), at("2026-11-24T15:00:00Z"))
        .is_override_allowed(false)
        .await
        .unwrap();
    let failure = thermostats.off(THERMOSTAT).and_wait().await.unwrap_err();
    assert!(failure.to_string().contains("override_not_allowed"), "{failure}");
    thermostats.simulate().hvac_mode_adjusted(THERMOSTAT, "off").await.unwrap();
    assert_eq!(events(&fake, "thermostat.manually_adjusted").len(), 1);
    assert_eq!(preset(&seam).await.as_deref(), Some("sleep"));
    assert_eq!(properties(&seam, THERMOSTAT).await.is_temporary_manual_override_active, Some(false));
}

#[tokio::test]
async fn a_failed_schedule_reports_its_error() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let offline = fake.add_device(NewDevice::of_type("ecobee_thermostat").offline());
    let schedules = seam.thermostats().schedules();
    let new = schedules.create(offline, "sleep", at("2026-11-24T10:00:00Z"), at("2026-11-24T12:00:00Z")).await.unwrap();
    fake.advance(HOUR);
    let errors = schedules.get(new.thermostat_schedule_id).await.unwrap().errors;
    assert_eq!(errors.first().unwrap().error_code.as_deref(), Some("device_offline"));
}

// --- Programs. The simulated clock starts on a Tuesday.

#[tokio::test]
async fn weekly_programs_apply_each_day() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thermostats = seam.thermostats();
    let programs = thermostats.daily_programs();
    let day = programs
        .create(THERMOSTAT, "Working day", [period("08:00:00", "away"), period("18:00:00", "home")])
        .await
        .unwrap();
    let night = programs.create(THERMOSTAT, "Rest", [period("00:00:00", "sleep")]).await.unwrap();
    assert_eq!(day.periods.len(), 2);
    let [day, night] = [day, night].map(|program| program.thermostat_daily_program_id);
    assert_eq!(properties(&seam, THERMOSTAT).await.thermostat_daily_programs.len(), 2);
    assert_invalid(thermostats.activate_weekly_program(THERMOSTAT).await);

    thermostats
        .update_weekly_program(THERMOSTAT)
        .tuesday_program_id(day.clone())
        .wednesday_program_id(night.clone())
        .and_wait()
        .await
        .unwrap();
    let week = properties(&seam, THERMOSTAT).await.thermostat_weekly_program.unwrap();
    assert_eq!((week.tuesday_program_id, week.monday_program_id), (Some(day.clone()), None));
    assert_eq!(preset(&seam).await.as_deref(), Some("away"));
    fake.advance(9 * HOUR);
    assert_eq!(preset(&seam).await.as_deref(), Some("home"));

    // A manual setting is active until the next period of the program.
    thermostats.off(THERMOSTAT).and_wait().await.unwrap();
    assert_eq!(properties(&seam, THERMOSTAT).await.is_temporary_manual_override_active, Some(true));
    fake.advance(7 * HOUR);
    assert_eq!(preset(&seam).await.as_deref(), Some("sleep"));
    assert_eq!(properties(&seam, THERMOSTAT).await.is_temporary_manual_override_active, Some(false));

    // The time is after one o'clock on Wednesday.
    let periods = [period("00:30:00", "home")];
    programs.update(night.clone(), "Party", periods).and_wait().await.unwrap();
    assert_eq!(preset(&seam).await.as_deref(), Some("home"));
    thermostats.off(THERMOSTAT).and_wait().await.unwrap();
    thermostats.activate_weekly_program(THERMOSTAT).and_wait().await.unwrap();
    assert_eq!(preset(&seam).await.as_deref(), Some("home"));

    programs.delete(night.clone()).await.unwrap();
    let now = properties(&seam, THERMOSTAT).await;
    assert_eq!(now.thermostat_daily_programs.len(), 1);
    assert_eq!(now.thermostat_weekly_program.unwrap().wednesday_program_id, None);
    assert!(programs.delete(night.clone()).await.unwrap_err().is_not_found());
    let deleted = thermostats.update_weekly_program(THERMOSTAT).monday_program_id(night).await;
    assert!(deleted.unwrap_err().is_not_found());
    // A preset that a program uses cannot be deleted.
    assert_invalid(thermostats.delete_climate_preset(THERMOSTAT, "away").await);
}

#[tokio::test]
async fn unsupported_programs_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let programs = seam.thermostats().daily_programs();
    let create = |periods: &[(&str, &str)]| {
        let periods: Vec<_> = periods.iter().map(|(time, key)| period(time, key)).collect();
        programs.create(THERMOSTAT, "Day", periods)
    };
    assert_invalid(create(&[]).await);
    assert_invalid(create(&[("08:00:00", "home"), ("07:00:00", "away")]).await);
    assert_invalid(create(&[("08:00:00", "home"), ("08:00:00", "away")]).await);
    assert_invalid(create(&[("08:03:00", "home")]).await);
    assert_invalid(
        create(&[
            ("01:00:00", "home"),
            ("02:00:00", "home"),
            ("03:00:00", "home"),
            ("04:00:00", "home"),
            ("05:00:00", "home"),
        ])
        .await,
    );
    assert!(create(&[("08:00:00", "none")]).await.unwrap_err().is_not_found());
    let nest = fake.add_device(NewDevice::of_type("nest_thermostat"));
    assert_invalid(programs.create(nest.clone(), "Day", [period("08:00:00", "home")]).await);
    assert_invalid(seam.thermostats().update_weekly_program(nest.clone()).await);
    assert_invalid(seam.thermostats().activate_weekly_program(nest).await);

    // This thermostat supports only the same program on each day.
    let simple = fake.add_device(
        NewDevice::of_type("ecobee_thermostat")
            .field("can_program_thermostat_programs_as_different_each_day", false)
            .field("can_program_thermostat_programs_as_weekday_weekend", false),
    );
    let program = programs.create(simple.clone(), "Day", [period("08:00:00", "home")]).await.unwrap();
    let id = program.thermostat_daily_program_id;
    assert_invalid(seam.thermostats().update_weekly_program(simple).monday_program_id(id.clone()).await);
    // A program belongs to one thermostat.
    let other = seam.thermostats().update_weekly_program(THERMOSTAT).monday_program_id(id).await;
    assert!(other.unwrap_err().is_not_found());
}
