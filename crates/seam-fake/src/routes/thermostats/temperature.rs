//! Temperatures in both units, and the set points of HVAC modes.

use seam_core::test_util::ApiFault;
use serde_json::Value;

use crate::{
    call::{Call, invalid},
    dependent::{to_celsius, to_fahrenheit},
    json::{Object, set},
};

/// The rounding error of a conversion between the units, in degrees Celsius.
pub(crate) const TOLERANCE: f64 = 0.03;

/// A temperature in both units, converted to hundredths of a degree if only one is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Temperature {
    pub(crate) celsius: f64,
    fahrenheit: f64,
}

impl Temperature {
    /// Reads the temperature of this name from an object, in either unit or in both.
    pub(crate) fn of(object: &Object, name: &str) -> Option<Self> {
        let number = |unit: &str| object.get(&format!("{name}_{unit}")).and_then(Value::as_f64);
        match (number("celsius"), number("fahrenheit")) {
            (Some(celsius), Some(fahrenheit)) => Some(Self { celsius, fahrenheit }),
            (Some(celsius), None) => Some(Self { celsius, fahrenheit: to_fahrenheit(name, celsius) }),
            (None, Some(fahrenheit)) => Some(Self { celsius: to_celsius(name, fahrenheit), fahrenheit }),
            (None, None) => None,
        }
    }

    /// Reads the temperature of this name from the parameters.
    ///
    /// # Errors
    ///
    /// Fails if both units are given.
    pub(crate) fn requested(call: &Call, name: &str) -> Result<Option<Self>, ApiFault> {
        let [celsius, fahrenheit] = [format!("{name}_celsius"), format!("{name}_fahrenheit")];
        if call.number(&celsius).is_some() && call.number(&fahrenheit).is_some() {
            return Err(invalid(&fahrenheit, "Expected a temperature in one unit, not in both"));
        }
        Ok(Self::of(&call.parameters, name))
    }

    /// Sets the temperature in an object, in both units.
    pub(crate) fn put(self, object: &mut Object, name: &str) {
        set(object, &format!("{name}_celsius"), self.celsius);
        set(object, &format!("{name}_fahrenheit"), self.fahrenheit);
    }
}

pub(crate) const HEATING: &str = "heating_set_point";
pub(crate) const COOLING: &str = "cooling_set_point";

/// Returns the set points of a mode.
pub(crate) fn set_points_of(mode: &str) -> &'static [&'static str] {
    match mode {
        "heat" => &[HEATING],
        "cool" => &[COOLING],
        "heat_cool" => &[HEATING, COOLING],
        _ => &[],
    }
}
